"""What a person may ask for to be well received: a closed list, so that nobody has to say why."""

NEEDS = (
    "step-free",
    "lsf",
    "hearing-loop",
    "companion",
    "interpretation-en",
    "interpretation-es",
    "vegetarian",
    "no-pork",
    "no-gluten",
)
