"""What an author implements: models, objectives, datasets, encoders, metrics. Import the module you need."""
