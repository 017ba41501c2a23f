"""What the paper claims and prints, judged on a study's runs. Reads tidy tables; no torch."""
