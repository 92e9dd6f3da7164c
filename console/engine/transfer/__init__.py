"""The file server for firmware, diagnostics and logs."""
