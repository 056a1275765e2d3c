"""SetData: gives data points the values its settings say."""
