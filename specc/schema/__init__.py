"""The API as the compiler reads it: fields, their types, and the schema that a payload must satisfy.

Who generates schemas needs `specc.schema.api`, too: the keys that specc adds to JSON Schema.
"""

from specc.schema.acceptor import Test
from specc.schema.api import ApiSchema, Field, FieldError, JsonObject, read_schema

__all__ = ["ApiSchema", "Field", "FieldError", "JsonObject", "Test", "read_schema"]
