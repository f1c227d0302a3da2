/** German: drawing. `docs/words.md` says which word stands for what. */
export default {
  'What the run does': 'Was der Lauf tut',
  'Canvas. Arrows walk the graph, N adds a node, C connects, ? lists the keys.':
    'Zeichenfläche. Pfeiltasten gehen durch den Graphen, N fügt einen Knoten hinzu, C verbindet, ? zeigt die Tasten.',
  Zoom: 'Zoom',
  'Connect {from}: ↑ ↓ port, Enter go on, Esc end': '{from} verbinden: ↑ ↓ Anschluss, Enter weiter, Esc beenden',
  '{from} → {to}: arrows choose, Enter connects, Esc ends':
    '{from} → {to}: Pfeile wählen, Enter verbindet, Esc beendet',
  'No port takes a wire from {from}. Esc ends.': 'Kein Anschluss nimmt eine Verbindung von {from} an. Esc beendet.',
  'Replace the node': 'Knoten ersetzen',
  'Overview of the drawing': 'Überblick über die Zeichnung',
  '{type}, once per item': '{type}, einmal je Element',
  '{done} of {total} items done': '{done} von {total} Elementen fertig',
  'Reused from run {run}, saved {time}': 'Aus Lauf {run} übernommen, {time} gespart',
  'run {run}': 'Lauf {run}',
  added: 'hinzugefügt',
  removed: 'entfernt',
  changed: 'geändert',
  moved: 'verschoben',
  '{name}, {state}': '{name}, {state}',
  'Tidy up {n} nodes': '{n} Knoten aufräumen',
  '{n, plural, one {Cut a node} other {Cut # nodes}}':
    '{n, plural, one {Einen Knoten ausschneiden} other {# Knoten ausschneiden}}',
  'Not pasted: the copied wires would close a circle. Copy fewer nodes, or paste without incoming wires.':
    'Nicht eingefügt: Die kopierten Verbindungen würden einen Kreis schließen. Kopieren Sie weniger Knoten, oder fügen Sie ohne eingehende Verbindungen ein.',
  '{n, plural, one {Paste a node} other {Paste # nodes}}':
    '{n, plural, one {Einen Knoten einfügen} other {# Knoten einfügen}}',
  '{n, plural, one {Pasted a node.} other {Pasted # nodes.}}':
    '{n, plural, one {Ein Knoten eingefügt.} other {# Knoten eingefügt.}}',
  'Add {name}': '{name} hinzufügen',
  'Added {name}.': '{name} hinzugefügt.',
  'Replace {old} by {new}': '{old} durch {new} ersetzen',
  '“{old}” is now {new}. Not taken over: {list}.': '„{old}“ ist jetzt {new}. Nicht übernommen: {list}.',
  '“{old}” is now {new}, with all its wires and parameters.':
    '„{old}“ ist jetzt {new}, mit allen Verbindungen und Parametern.',
  'Insert {name} between {from} and {to}': '{name} zwischen {from} und {to} einsetzen',
  'Inserted {name} between {from} and {to}.': '{name} zwischen {from} und {to} eingesetzt.',
  '{n, plural, one {Move a node} other {Move # nodes}}':
    '{n, plural, one {Einen Knoten verschieben} other {# Knoten verschieben}}',
  'Rename to “{name}”': 'In „{name}“ umbenennen',
  'Renamed to “{name}”.': 'Umbenannt in „{name}“.',
  '{n, plural, one {Delete a node} other {Delete # nodes}}':
    '{n, plural, one {Einen Knoten löschen} other {# Knoten löschen}}',
  '{n, plural, one {Delete a wire} other {Delete # wires}}':
    '{n, plural, one {Eine Verbindung löschen} other {# Verbindungen löschen}}',
  'Deleted “{name}” and its wires.': '„{name}“ und seine Verbindungen gelöscht.',
  'Disconnected {from} from {to}.': '{from} von {to} getrennt.',
  '{name} waits for {before}.': '{name} wartet auf {before}.',
  '{name} no longer waits for {before}.': '{name} wartet nicht mehr auf {before}.',
  'Change the order of wires': 'Reihenfolge der Verbindungen ändern',
  'Now {at} of {n}.': 'Jetzt {at} von {n}.',
  'It stays {at} of {n}.': 'Bleibt {at} von {n}.',
  'Moved to {x}, {y}.': 'Verschoben nach {x}, {y}.',
  'has errors': 'hat Fehler',
  'has warnings': 'hat Warnungen',
  'Nothing further that way.': 'In dieser Richtung kommt nichts mehr.',
  '{name}, {ins, plural, one {# input} other {# inputs}}, {outs, plural, one {# output} other {# outputs}}':
    '{name}, {ins, plural, one {# Eingang} other {# Eingänge}}, {outs, plural, one {# Ausgang} other {# Ausgänge}}',
  'Connect {from} to {to}': '{from} mit {to} verbinden',
  'Connected {from} to {to}.': '{from} mit {to} verbunden.',
  '“{name}” has no port that takes this wire.': '„{name}“ hat keinen Anschluss, der diese Verbindung annimmt.',
  '{port} of {node}': '{port} von {node}',
  '{port} of {node}, {at} of {n}. Enter connects.': '{port} von {node}, {at} von {n}. Enter verbindet.',
  'No port takes a wire from {from}.': 'Kein Anschluss nimmt eine Verbindung von {from} an.',
  'Connect {from}. Up and down choose the port, Enter goes on, Escape ends.':
    '{from} verbinden. Auf und Ab wählen den Anschluss, Enter geht weiter, Escape beendet.',
  'Not connected.': 'Nicht verbunden.',
  'Somebody else changed the same place. Choose what stands, then go on.':
    'Jemand anderes hat dieselbe Stelle geändert. Wählen Sie, was gilt, und machen Sie dann weiter.',
  'The clipboard holds no nodes. Select nodes, copy them, then paste here.':
    'Die Zwischenablage enthält keine Knoten. Wählen Sie Knoten aus, kopieren Sie sie, und fügen Sie sie dann hier ein.',
  'These nodes were copied from a newer Drawloom. Update this one, then paste again.':
    'Diese Knoten wurden aus einem neueren Drawloom kopiert. Aktualisieren Sie dieses hier, und fügen Sie sie dann noch einmal ein.',
  'The copied nodes are damaged: {why}': 'Die kopierten Knoten sind beschädigt: {why}',
  'This would close a circle, and each node would wait for the other: {path} → {first}.':
    'Das würde einen Kreis schließen, und jeder Knoten würde auf den anderen warten: {path} → {first}.',
  '“{name}” waits for it already.': '„{name}“ wartet schon darauf.',
  'It comes after “{name}” itself.': 'Er kommt selbst nach „{name}“.',
  'No node waits for itself.': 'Kein Knoten wartet auf sich selbst.',
  'Edits that had not been saved were found on this machine and taken up.':
    'Auf diesem Gerät wurden nicht gespeicherte Änderungen gefunden und übernommen.',
  '“{name}” no longer fits, since somebody else changed the same place; it was left out.':
    '„{name}“ passt nicht mehr, weil jemand anderes dieselbe Stelle geändert hat; es wurde weggelassen.',
  'Choose between two edits': 'Zwischen zwei Änderungen wählen',
  'its code': 'sein Code',
  'parameter “{name}”': 'Parameter „{name}“',
  'once per item': 'einmal je Element',
  'the wire from “{name}”': 'die Verbindung von „{name}“',
  'the wire to “{name}”': 'die Verbindung zu „{name}“',
  'Search nodes': 'Knoten suchen',
  'Search nodes, or out:model': 'Knoten suchen, oder out:model',
  'No node fits.': 'Kein Knoten passt.',
  Data: 'Daten',
  Transform: 'Umformen',
  Check: 'Prüfen',
  Evaluate: 'Bewerten',
  Report: 'Berichten',
  Control: 'Steuern',
};
