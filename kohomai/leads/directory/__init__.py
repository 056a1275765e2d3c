"""The workspace's company directory: files of companies uploaded, imported in the background, and looked up."""
