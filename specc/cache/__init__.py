"""The cache of checks, in the user's cache folder: results of earlier runs. Deleting it only costs time."""
