"""The generated pages of the manual. Part of the checkout, not of the package that is installed."""
