"""The EHPC API as a target: signed HTTP requests to a cloud, or to a `specc serve`.

A submission is one request on a connection of its own, signed anew, never sent twice. What came of it is decided by
what surely happened: `answers.py` reads the answer, `ret_codes.py` says what each code means, `client.py` whether
bytes went out. Assumptions that the API's documentation does not settle are stated where they are made.
"""

from specc.targets.ehpc.account import Endpoint
from specc.targets.ehpc.client import Patience, client_opener
from specc.targets.ehpc.credentials import Credentials, read_credentials
from specc.targets.ehpc.signing import sign
from specc.targets.ehpc.target import EhpcTarget

__all__ = ["Credentials", "EhpcTarget", "Endpoint", "Patience", "client_opener", "read_credentials", "sign"]
