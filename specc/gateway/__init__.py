"""A target behind the EHPC API: what `specc serve` runs.

The gateway checks signatures, holds bodies to the same request schema as the compiler, and answers as the
documentation says; the vendor's own SDK and specc's `ehpc` target work against it unchanged. A request starts at most
one job, ever: it is written down before the target is asked, and the job's key is derived from its signature
(`submissions.py`). No job runs as anybody but the user who runs the gateway.
"""

from specc.gateway.app import create_app
from specc.gateway.keys import load_keys
from specc.gateway.limits import Limits
from specc.gateway.process import run
from specc.gateway.server import Address, serve
from specc.gateway.store import Store

__all__ = ["Address", "Limits", "Store", "create_app", "load_keys", "run", "serve"]
