"""Readable names for the products and categories of the demo's data, whose own texts are a till's:
capitals, abbreviations, cut off after 30 characters."""

import re
from functools import cache

# Words of the till, and what they stand for: one "short long" each.
SPELT = """
adlt adult; bkd baked; bn beans; br bread; brd breaded; brkfst breakfast; btl bottle; btr
butter; bttl bottle; carb sparkling; catfd cat-food; catsup ketchup; chick chicken; chix
chicken; choc chocolate; chococlate chocolate; cky cookie; ckys cookies; cleang cleaning;
cnd canned; cndy candy; conc concentrate; cond conditioner; crbntd sparkling; crkr
crackers; crmd creamed; crystl crystal; ctlry cutlery; disposible disposable; dnr dinner;
dnrs dinners; dogfd dog-food; dps dips; drnk drink; drnking drinking; drnkng drinking;
drnks drinks; drsng dressing; fd food; fem feminine; flvr flavor; flvrd flavored; frd
fried; frz frozen; frzn frozen; fs sliced; gds goods; grnd ground; handke handkerchiefs;
hbc care; hygn hygiene; incl including; instore in-store; iqf frozen; jce juice; mach
machine; memorablilia memorabilia; misc other; miscellaneous other; mlk milk; mlt multi;
mneral mineral; mnrl mineral; mxs mixes; oj orange-juice; pac pack; pk pack; pkg pack;
pkgd packaged; pkld pickled; pnch punch; pnt peanut; prep prepared; prepack packed; prpck
packed; pwdr powder; pwdrs powders; refrgratd chilled; refrig chilled; refrigerated
chilled; rts ready-to-serve; rw raw; sal salad; sald salad; saus sausage; sect sections;
sft soft; sgl single; sherbts sherbet; sndwch sandwich; sngl single; snks snacks;
specilaty specialty; sply supplies; sprd spread; srv serving; ss single-serving; stk
stick; suppplies supplies; sv serving; sw sweet; sweetners sweeteners; syrp syrup; tiss
tissue; tort tortilla; trsh trash; vac vacuum; veg vegetables; vend vending; wate water;
whl whole; whlsm wholesome; worchester Worcester; wt weight; xpctrnt expectorant
"""
WORDS = {
    short: long for short, _, long in (each.strip().partition(" ") for each in SPELT.split(";"))
}
# The most sold types whose own text no rule makes readable.
KNOWN = {
    "BEERALEMALT LIQUORS": "Beer",
    "DAIRY CASE 100% PURE JUICE - O": "Orange juice",
    "FLUID MILK WHITE ONLY": "Milk",
    "FRZN SS PREMIUM ENTREES/DNRS/N": "Frozen premium dinner",
    "FRZN SS PREMIUM ENTREES/DNRS/T": "Frozen premium dinner",
    "IWS SINGLE CHEESE": "Cheese slices",
    "MEXICAN SAUCESSALSAPICANTEE": "Salsa",
    "NON-CRBNTD DRNKING/MNERAL WATE": "Drinking water",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "Plastic cutlery",
    "RTS SOUP: CHUNKY/HOMESTYLE ET": "Chunky soup",
    "SEMI-SOLID SALAD DRESSING MAY": "Mayonnaise",
    "SFT DRNK 2 LITER BTL CARB INCL": "Soft drink",
    "SFT DRNK MLT-PK BTL CARB (EXCP": "Soft drinks in bottles",
    "SFT DRNK SNGL SRV BTL CARB (EX": "Soft drink",
    "SGL SV/VEND MACH SNACKS CHIP/P": "Snack pack",
    "SOFT DRINKS 12/18&15PK CAN CAR": "Soft drinks in cans",
    "SOFT DRINKS 20PK&24PK CAN CARB": "Soft drinks in cans",
    "SS ECONOMY ENTREES/DINNERS ALL": "Frozen dinner",
    "YOGURT NOT MULTI-PACKS": "Yogurt",
}
# Fixed before the words are taken apart.
PHRASES = (
    (r"BEERALEMALT", "BEER ALE MALT"),
    (r"\bW/", "WITH "),
    (r"\b1/2\b", "half"),
    (r"\bWOMEN S\b", "WOMEN'S"),
    (r"\([^)]*\)?", " "),  # remarks for the till, often cut off before their closing bracket
    (r"[/\-:][A-Z]?\s*$", " "),  # a separator or one letter left over from the cut
    (r"(\d)PK\b", r"\1-PACK"),
    (r"&", " & "),
    (r"\s*:\s*", " - "),
    (r"\s*/\s*", "/"),
)
# Types that say only what kind of their category a product is.
VAGUE_TYPES = """
all; better for you; blends; choice; deluxe; economy; enhanced; entrees; fresh; garden plus; lean;
links; mainstream; natural; other; patties; popular; poultry; premium; premium pints; primal;
regular; regular garden; select; smoked/cooked; specialty; sticks/enrobed; super premium pints;
traditional; value
"""
VAGUE = frozenset(each.strip() for each in VAGUE_TYPES.split(";"))
UNITS = {"GA": "gal", "GAL": "gal", "DZ": "dozen", "LD": "loads", "LOAD": "loads", "CTN": "carton"}


@cache
def readable(text: str | None) -> str:
    """A till's text in words: "FRZN ICE" is "Frozen ice", None is ""."""
    if text in KNOWN:
        return KNOWN[text]
    changed = text or ""
    for pattern, instead in PHRASES:
        changed = re.sub(pattern, instead, changed)
    words = re.sub(r"[a-z]+", lambda found: WORDS.get(found[0], found[0]), changed.lower())
    tidy = re.sub(r"\s+", " ", words).strip(" ,.-&/")
    return tidy[:1].upper() + tidy[1:]


def measure(size: str | None) -> str:
    """A package size that a customer would read: "22 LB" is "22 lb"; what is no size is ""."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ([A-Z]+(?: [A-Z]+)?)\*?", (size or "").strip())
    if not found or len(found[2]) > 7:
        return ""
    return f"{found[1]} {UNITS.get(found[2], found[2].lower())}"


def title(department: str | None, category: str | None, kind: str | None, size: str | None) -> str:
    """What a product is called: "Ice - crushed/cubed, 22 lb". The size of produce is that of the
    shop's crate, so it is left out."""
    name = readable(kind) or readable(category) or "Groceries"
    if name.lower() in VAGUE and category:
        name = f"{readable(category)} - {name.lower()}"
    measured = "" if department == "PRODUCE" else measure(size)
    return f"{name}, {measured}" if measured else name
