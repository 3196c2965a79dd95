"""One verb a file, over Locations. The panes and the command line act through these."""
