"""What is measured, one file for each table (or few) of the report."""
