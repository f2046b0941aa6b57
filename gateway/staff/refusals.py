"""Why a campaign could not be written, approved or moved on, in words that say what to do."""

from gateway import french

_SAYS = {
    "no_name": "Donnez-lui un nom.",
    "no_french": "Le texte français manque: c'est celui que lit quiconque n'a pas d'autre texte dans sa langue.",
    "placeholder": "{what} n'est pas connu: écrivez {{code}}, {{keyword}} ou {{ways}}.",
    "no_poll": "Pour remplir {what}, choisissez la consultation à laquelle on répond.",
    "no_way": "Sur le canal {what}, on ne peut pas répondre à cette consultation: ôtez {{code}} et {{keyword}}, ou ce canal.",
    "too_long": "Le texte ({what}) est trop long pour un SMS, même en plusieurs parties.",
    "hours": "La durée va de 1 à {what} heures.",
    "starts": "Le début est un jour et une heure, à moins d'un an d'ici.",
    "number": "{what} n'est pas un nombre.",
    "no_channel": "Le canal {what} n'existe pas.",
    "unknown_poll": "Choisissez la consultation dont il s'agit.",
    "discreet": "Cette consultation est discrète: aucun message ne doit dire à qui l'ouvre que quelqu'un y a répondu, ou non.",
    "unknown_stratum": "{what} n'est pas un critère.",
    "quotas": "Les quotas se disent par critère: kayes=50, kita=30.",
    "overtaken": "Le texte a changé entre-temps: relisez avant d'approuver.",
    "same_person": "Une campagne demande deux personnes: quelqu'un d'autre doit l'approuver.",
    "role": "Seuls un administrateur ou un modérateur écrivent et approuvent des campagnes.",
    "no_place": "Choisissez un cercle où vont des messages de cette campagne: {what}.",
    "held_alone": "Seuls des cercles sont en pause ({what}): reprenez-les un à un.",
    "no_phone": "Aucun téléphone d'essai: nommez-en dans les réglages (training_phones).",
    "stopped": "Ce téléphone a dit STOP: il faut qu'il envoie START.",
    "unknown": "Cette campagne n'existe pas.",
}


def refusal(why: str | None, what: str | None = "") -> str:
    """The sentence for a `Refused`; empty where there is none."""
    if why == "state":
        return f"Cela ne se peut plus, ou pas encore. Campagne: {french.CAMPAIGNS.get(what or '', what)}."
    if why in ("no_place", "held_alone"):
        names = french.groups("cercle")
        what = ", ".join(names.get(one, one) for one in (what or "").split(", ") if one) or "aucun"
    return _SAYS[why].format(what=what) if why in _SAYS else ""
