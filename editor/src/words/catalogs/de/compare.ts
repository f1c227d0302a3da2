/** German: compare. `docs/words.md` says which word stands for what. */
export default {
  '{from}, {output} → {to}, {input}': '{from}, {output} → {to}, {input}',
  'The pipeline as a whole': 'Die Pipeline als Ganzes',
  '{n, plural, one {A note on the drawing differs.} other {# notes on the drawing differ.}}':
    '{n, plural, one {Eine Notiz auf der Zeichnung ist anders.} other {# Notizen auf der Zeichnung sind anders.}}',
  Added: 'Hinzugefügt',
  Removed: 'Entfernt',
  Moved: 'Verschoben',
  'Code, before and now': 'Code, vorher und jetzt',
  'Compare runs': 'Läufe vergleichen',
  'Choose two runs or more': 'Wählen Sie zwei Läufe oder mehr',
  'Mark them in the list of runs. The first of them is what the others are compared with.':
    'Markieren Sie sie in der Liste der Läufe. Mit dem ersten werden die anderen verglichen.',
  'One of these runs is not there': 'Einen dieser Läufe gibt es nicht',
  'against run {n}': 'gegen Lauf {n}',
  'Drawn beside run {n}': 'Neben Lauf {n} gezeichnet',
  'Run {other} against run {base}': 'Lauf {other} gegen Lauf {base}',
  'Both drawings in one': 'Beide Zeichnungen in einer',
  'Work of the nodes': 'Arbeit der Knoten',
  Numbers: 'Zahlen',
  Field: 'Feld',
  'It was logged at one step only; see the numbers above.':
    'Sie wurde nur bei einem Schritt aufgezeichnet; siehe die Zahlen oben.',
  '{n, plural, one {It is the same.} other {All # are the same.}}':
    '{n, plural, one {Es ist dasselbe.} other {Alle # sind gleich.}}',
  'Compare versions': 'Versionen vergleichen',
  'Go to the pipeline': 'Zur Pipeline',
  'Show the drawing': 'Zeichnung anzeigen',
  'Choose the versions': 'Versionen wählen',
  'The drawing, as it is saved': 'Die Zeichnung, wie sie gespeichert ist',
  'The drawing': 'Die Zeichnung',
  'They do not differ.': 'Sie unterscheiden sich nicht.',
  'Restore version {n}': 'Version {n} wiederherstellen',
  'Restore version {n}?': 'Version {n} wiederherstellen?',
  'It becomes the drawing again. What it replaces is kept as a version of its own.':
    'Sie wird wieder die Zeichnung. Was sie ersetzt, bleibt als eigene Version erhalten.',
  '{what}: {before} → {now}': '{what}: {before} → {now}',
};
