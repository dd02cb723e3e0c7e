"""French local authorities that the registers list under another name, or not at all.

The official list of communes, EPCI, départements and régions follows geography; some territories are governed by one
authority that replaces its département, its région or both (CGCT, parts three and seven; Constitution, articles 72-3
to 74). Codes are those INSEE gives to these authorities.
"""

SINGLE: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("6AE", "Collectivité européenne d'Alsace", "67", ("CEA", "Alsace", "Bas-Rhin", "Haut-Rhin")),
    ("20R", "Collectivité de Corse", "2A", ("Corse", "Corse-du-Sud", "Haute-Corse")),
    ("972R", "Collectivité territoriale de Martinique", "972", ("CTM", "Martinique")),
    ("973R", "Collectivité territoriale de Guyane", "973", ("CTG", "Guyane")),
    ("976D", "Département-Région de Mayotte", "976", ("Mayotte", "Conseil départemental de Mayotte")),
    ("975", "Collectivité territoriale de Saint-Pierre-et-Miquelon", "975", ("Saint-Pierre-et-Miquelon",)),
    ("977", "Collectivité de Saint-Barthélemy", "977", ("Saint-Barthélemy",)),
    ("978", "Collectivité de Saint-Martin", "978", ("Saint-Martin",)),
    ("984", "Terres australes et antarctiques françaises", "984", ("TAAF",)),
    ("986", "Territoire des îles Wallis et Futuna", "986", ("Wallis-et-Futuna",)),
    ("987", "Polynésie française", "987", ()),
    ("988", "Nouvelle-Calédonie", "988", ()),
)
"""Code, name, département whose inhabitants count for its rank, and other names it goes by."""

NOT_DEPARTMENTS = frozenset({"67", "68", "2A", "2B", "75", "972", "973", "976"})
"""No departmental council: an authority of `SINGLE`, or the City of Paris, which the communes list."""

NOT_REGIONS = frozenset({"02", "03", "06", "94"})
"""No regional council: an authority of `SINGLE`."""

ABBREVIATIONS = {
    "CC": "Communauté de communes",
    "CA": "Communauté d'agglomération",
    "CU": "Communauté urbaine",
    "METRO": "Métropole",
    "MET69": "Métropole",
    "EPT": "Établissement public territorial",
}
"""What the register's abbreviations stand for."""

OF = ("de ", "d'", "du ", "de la ", "des ", "de l'", "des ", "de las ", "de los ")
"""How a name follows "département", by INSEE's type of article (TNCC)."""
