/** Simplified Chinese: sign-in. `docs/words.md` says which word stands for what. */
export default {
  flights: '航班',
  weather: '天气',
  'join by hour': '按小时关联',
  train: '训练',
  baseline: '基线',
  'Sign in': '登录',
  'Signing you in…': '正在登录…',
  'First time here? Open the one-time link that the start printed in the terminal.':
    '第一次使用？请打开启动时在终端中打印的一次性链接。',
};
