"""The subcommands of ``chargehand``, one file each. Nothing heavy is imported before it is needed."""
