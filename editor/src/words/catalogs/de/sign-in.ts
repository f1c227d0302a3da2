/** German: sign-in. `docs/words.md` says which word stands for what. */
export default {
  flights: 'Flüge',
  weather: 'Wetter',
  'join by hour': 'nach Stunde verknüpfen',
  train: 'trainieren',
  baseline: 'Vergleichsbasis',
  'Sign in': 'Anmelden',
  'Signing you in…': 'Sie werden angemeldet …',
  'First time here? Open the one-time link that the start printed in the terminal.':
    'Zum ersten Mal hier? Öffnen Sie den Einmal-Link, den der Start im Terminal ausgegeben hat.',
};
