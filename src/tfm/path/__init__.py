"""Path, a face over storages, and the session that scripts use."""
