"""Pictures of the notebook scaling."""
