"""What each rule depends on, what it needs, which targets there are. No torch."""
