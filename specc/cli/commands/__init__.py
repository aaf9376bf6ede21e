"""The commands, one in each module: it parses its options, calls `specc.app`, and prints."""
