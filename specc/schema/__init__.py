"""The API as the compiler reads it: fields, their types, the schema that a payload must satisfy."""

from specc.schema.api import ApiSchema, Field, JsonObject
from specc.schema.read import read_schema

__all__ = ["ApiSchema", "Field", "JsonObject", "read_schema"]
