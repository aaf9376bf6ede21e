"""A project as files: which of them are specs, by which names they go, what bytes they hold. Nothing is parsed."""
