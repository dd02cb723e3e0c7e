"""What a person may ask for to be well received: a closed list, so that nobody has to say why."""

NEEDS = {
    "step-free": "Accès sans marche",
    "lsf": "Interprétation en langue des signes française",
    "hearing-loop": "Boucle magnétique",
    "companion": "Place pour une personne qui m’accompagne",
    "interpretation-en": "Interprétation vers l’anglais",
    "interpretation-es": "Interprétation vers l’espagnol",
    "vegetarian": "Repas végétarien",
    "no-pork": "Repas sans porc",
    "no-gluten": "Repas sans gluten",
}
"""Code → label."""

KEPT_DAYS = 7
"""Days after the edition until needs are deleted."""
