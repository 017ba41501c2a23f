"""Training one network: the recipe, the step, the loop."""
