"""Transfers: the tools that do them, the server, and the check that each did what it was asked."""
