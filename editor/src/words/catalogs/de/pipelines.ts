/** German: pipelines. `docs/words.md` says which word stands for what. */
export default {
  '“{name}” is larger than a pipeline can be (20 MB). Is it the right file?':
    '„{name}“ ist größer, als eine Pipeline sein kann (20 MB). Ist es die richtige Datei?',
  'Imported “{name}”.': '„{name}“ importiert.',
  Import: 'Importieren',
  'New pipeline': 'Neue Pipeline',
  '{n, plural, =0 {} one {# pipeline} other {# pipelines}}': '{n, plural, =0 {} one {# Pipeline} other {# Pipelines}}',
  'Search pipelines': 'Pipelines suchen',
  'Which pipelines': 'Welche Pipelines',
  'In use': 'In Gebrauch',
  'No pipeline is called that': 'Keine Pipeline heißt so',
  'Nothing is archived': 'Nichts ist archiviert',
  'Pipelines that were put away can be brought back from here. Their runs stay in any case.':
    'Weggelegte Pipelines können von hier zurückgeholt werden. Ihre Läufe bleiben in jedem Fall.',
  'Draw your first pipeline': 'Zeichnen Sie Ihre erste Pipeline',
  'A pipeline is a drawing of steps from data to a model or a report. Begin with an empty one, or import a file.':
    'Eine Pipeline ist eine Zeichnung von Schritten von Daten zu einem Modell oder Bericht. Beginnen Sie mit einer leeren, oder importieren Sie eine Datei.',
  '“{name}” is archived.': '„{name}“ ist archiviert.',
  '{name} (copy)': '{name} (Kopie)',
  'Its runs': 'Ihre Läufe',
  'Bring back': 'Zurückholen',
  Archive: 'Archivieren',
  Edited: 'Bearbeitet',
  'Never run': 'Nie gelaufen',
  Create: 'Anlegen',
  'Arrival delays': 'Ankunftsverspätungen',
};
