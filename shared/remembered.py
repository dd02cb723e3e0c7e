"""Documents that many batches read and few change: remembered, and believed while a witness is as it was."""

from collections.abc import Iterable, Mapping

from shared.unit import Document, Place, Read, Unit, by_id


class Remembered:
    """What the last batches read or wrote of some collections.

    `witnesses` names, for each of these collections, another one: whoever changes a document of the first writes, in
    the same transaction, the document with the same id of the second. So a transaction that reads the witness alone
    knows from its revision whether what is remembered is what it would read.
    """

    def __init__(self, witnesses: Mapping[str, str]) -> None:
        self._witnesses = witnesses
        self._known: dict[Place, tuple[Document, int | None]] = {}
        """Each document, with the revision its witness had."""

    def holds(self, read: Read) -> bool:
        """Whether everything this read asks for is remembered, be it still true or not."""
        return read.field == "_id" and all((read.collection, id) in self._known for id in read.values)

    def recall(self, unit: Unit, reads: Iterable[Read]) -> None:
        """Spare `unit` those of `reads` that it would find as they are remembered; it has read the witnesses."""
        for read in filter(self.holds, reads):
            for id in read.values:
                document, revision = self._known[read.collection, id]
                witness = unit.originals.get((self._witnesses[read.collection], id))
                if witness is not None and witness.get("rev") == revision:
                    unit.remember(by_id(read.collection, id), [document])

    def check(self, unit: Unit) -> None:
        """Raise if `unit` changes a document without its witness."""
        for collection, id in unit.changes.documents:
            witness = self._witnesses.get(collection)
            if witness and (witness, id) not in unit.changes.documents:
                raise AssertionError(f"{collection} {id} is changed without {witness}")

    def keep(self, unit: Unit) -> None:
        """Remember what `unit` has read and written, now that it is committed."""
        for place in {*unit.originals, *unit.changes.documents}:
            if place[0] not in self._witnesses:
                continue
            document, witness = unit.committed(place), unit.committed((self._witnesses[place[0]], place[1]))
            if document is None or witness is None:
                self._known.pop(place, None)
            else:
                self._known[place] = (document, witness.get("rev"))
