"""The mutants that are known to change nothing that the design promises, each with the reason: equivalent.toml."""

try:
    import tomllib
except ImportError:  # Python 3.10: pytest brings its forerunner
    import tomli as tomllib
from collections.abc import Mapping
from pathlib import Path

from verify.mutate.campaign import CampaignError
from verify.mutate.kinds import Mutant

FILE = Path(__file__).parent / "equivalent.toml"


def read(mutants: Mapping[str, Mutant], complete: bool = True, file: Path = FILE) -> dict[str, str]:
    """Id to reason. Raises CampaignError for an entry that names no mutant, where `mutants` are all there are, or another."""
    try:
        entries = tomllib.loads(file.read_text()).get("mutant", [])
    except tomllib.TOMLDecodeError as error:
        raise CampaignError(f"{file.name} cannot be read: {error}") from None
    found: dict[str, str] = {}
    for entry in entries:
        missing = {"id", "change", "reason"} - entry.keys()
        if missing or not entry["reason"].strip():
            raise CampaignError(
                f"{file.name}: {entry.get('id', 'an entry')} lacks {', '.join(sorted(missing)) or 'a reason'}"
            )
        name = entry["id"]
        if name not in mutants:
            if not complete:
                continue
            moved = [m.id for m in mutants.values() if m.change == entry["change"] and m.file == name.split(":")[0]]
            hint = f"; the change is now at {', '.join(moved)}" if moved else ""
            raise CampaignError(f"{file.name} names {name}, which is no mutant{hint}")
        if mutants[name].change != entry["change"]:
            raise CampaignError(f"{file.name}: {name} is now `{mutants[name].change}`, not `{entry['change']}`")
        found[name] = entry["reason"]
    return found
