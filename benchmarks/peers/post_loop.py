"""The floor of submission: each line of a file posted from Python, one after the other, and nothing remembered.

python post_loop.py ENDPOINT FILE
"""

import http.client
import sys
from pathlib import Path
from urllib.parse import urlsplit


def main() -> None:
    endpoint, file = urlsplit(sys.argv[1]), Path(sys.argv[2])
    for line in file.read_bytes().splitlines():
        connection = http.client.HTTPConnection(endpoint.netloc)
        connection.request("POST", f"{endpoint.path}/job/submitJob", line, {"Content-Type": "application/json"})
        print(connection.getresponse().read().decode())
        connection.close()


if __name__ == "__main__":
    main()
