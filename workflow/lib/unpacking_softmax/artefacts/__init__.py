"""Files of results: errors, whole writes, checked reads, tables, logs."""
