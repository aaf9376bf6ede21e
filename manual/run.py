"""`python -m manual.run FILE`: runs the sweep of examples/heat on this machine, and writes its page."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "heat"


def main(page: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(EXAMPLE, Path(folder, "heat"))
        environment = {**os.environ, "XDG_STATE_HOME": folder}
        environment.pop("CI", None)  # nothing of this is a build's own run of jobs
        specc = (sys.executable, "-P", "-m", "specc")
        for words in (("submit", "--wait"), ("report", "--value", "middle", "-o", str(page.absolute()))):
            subprocess.run((*specc, *words), cwd=project, env=environment, check=True, capture_output=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
