"""The sweep in jsonnet, evaluated by its Go implementation."""

import sys

import _gojsonnet


def main() -> None:
    sys.stdout.write(_gojsonnet.evaluate_file("sweep.jsonnet"))


if __name__ == "__main__":
    main()
