"""A run: suite, options, plan, fits, tasks, the session that does what is missing, the folder it leaves behind."""
