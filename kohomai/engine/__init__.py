"""The pure core: definitions, conditions and journeys, with no input, output, clock or chance."""
