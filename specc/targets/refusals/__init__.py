"""Why a target does not take a payload, known from the payload and the settings alone: one module for each kind."""
