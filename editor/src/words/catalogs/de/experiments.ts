/** German: experiments. `docs/words.md` says which word stands for what. */
export default {
  'The chosen runs side by side': 'Die gewählten Läufe nebeneinander',
  'These runs told no numbers.': 'Diese Läufe haben keine Zahlen gemeldet.',
  Metric: 'Metrik',
  'Smoothing, in percent': 'Glättung, in Prozent',
  'Logarithmic axis': 'Logarithmische Achse',
  Trash: 'Papierkorb',
  CSV: 'CSV',
  Restored: 'Wiederhergestellt',
  'Restore {n}': '{n} wiederherstellen',
  'Delete {n}': '{n} löschen',
  'The trash is empty': 'Der Papierkorb ist leer',
  'No run fits this search': 'Kein Lauf passt zu dieser Suche',
  '{n, plural, one {# run} other {# runs}}{more, select, yes { and more below} other {}}{chosen, plural, =0 {} other {, # chosen}}':
    '{n, plural, one {# Lauf} other {# Läufe}}{more, select, yes { und weitere darunter} other {}}{chosen, plural, =0 {} other {, # gewählt}}',
  'Put {n, plural, one {this run} other {# runs}} into the trash?':
    '{n, plural, one {Diesen Lauf} other {# Läufe}} in den Papierkorb legen?',
  'In the trash now': 'Jetzt im Papierkorb',
  'They are found in the trash, and can be restored from there.':
    'Dort sind sie zu finden und können wiederhergestellt werden.',
  'Nothing was logged here yet': 'Hier wurde noch nichts aufgezeichnet',
  'A training script that logs to MLflow logs here when two variables are set. The token is made in the settings.':
    'Ein Trainingsskript, das mit MLflow aufzeichnet, tut es hier, wenn zwei Variablen gesetzt sind. Das Token wird in den Einstellungen erstellt.',
  'Search runs': 'Läufe suchen',
  "metrics.loss < 0.1 AND params.model = 'tree'": "metrics.loss < 0.1 AND params.model = 'tree'",
  'What may follow': 'Was folgen kann',
  'Register its model…': 'Sein Modell registrieren …',
  'Run {name}': 'Lauf {name}',
  'Run id': 'Kennung des Laufs',
  'Open the run of the pipeline': 'Den Lauf der Pipeline öffnen',
  'It told no numbers yet.': 'Er hat noch keine Zahlen gemeldet.',
  'It has no parameters.': 'Er hat keine Parameter.',
  Note: 'Notiz',
  'Save the note': 'Notiz speichern',
  'Data sets': 'Datensätze',
  'Choose {name}': '{name} wählen',
};
