"""I12 and I14: the stream holds what the outboxes told, byte for byte, and nothing else."""

from collections import Counter

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Seen


def check_stream(seen: Seen) -> Checked:
    """I14: what NATS has acknowledged is there; I12: what was told again is the same again."""
    assert seen.stream is not None
    known = {entry.id: entry for entries in seen.entries.values() for entry in entries}
    findings: list[Finding] = []
    for entry in known.values():
        copies = seen.stream.get(entry.id, [])
        if entry.key in seen.erased:
            continue
        if not entry.pending and not copies:
            findings.append(
                Finding("I14", f"fact {entry.id}", "was told, and is not in the stream: `manage replay` tells it again")
            )
        elif any(copy != entry.digest for copy in copies):
            findings.append(Finding("I14", f"fact {entry.id}", "is another one in the stream than in its outbox"))
    findings += [
        Finding("I14", f"fact {id}", "is in the stream, and its service does not know of it")
        for id in sorted(seen.stream.keys() - known.keys())
        if id.split(":")[0] in seen.entries and seen.subjects.get(id, "").rpartition(".")[2] not in seen.erased
    ]
    findings += [
        Finding("I14", where, f"{count(number, 'fact')} on their way") for where, number in seen.waiting.items()
    ]
    kinds = Counter(entry.type for entry in known.values())
    again = sum(len(copies) > 1 for copies in seen.stream.values())
    notes = (f"I12: {count(again, 'fact')} told more than once, each copy the same",) if again else ()
    looked_at = f"{count(sum(map(len, seen.stream.values())), 'message')} of {count(len(kinds), 'kind')}"
    return Checked("I14", "stream", looked_at, tuple(findings), notes)
