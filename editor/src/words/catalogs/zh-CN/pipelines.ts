/** Simplified Chinese: pipelines. `docs/words.md` says which word stands for what. */
export default {
  '“{name}” is larger than a pipeline can be (20 MB). Is it the right file?':
    '“{name}”超过了流水线的大小上限（20 MB）。文件选对了吗？',
  'Imported “{name}”.': '已导入“{name}”。',
  Import: '导入',
  'New pipeline': '新建流水线',
  '{n, plural, =0 {} one {# pipeline} other {# pipelines}}': '{n, plural, =0 {} other {# 条流水线}}',
  'Search pipelines': '搜索流水线',
  'Which pipelines': '哪些流水线',
  'In use': '使用中',
  'No pipeline is called that': '没有这个名称的流水线',
  'Nothing is archived': '没有归档内容',
  'Pipelines that were put away can be brought back from here. Their runs stay in any case.':
    '收起的流水线可从这里取回。其运行始终保留。',
  'Draw your first pipeline': '绘制您的第一条流水线',
  'A pipeline is a drawing of steps from data to a model or a report. Begin with an empty one, or import a file.':
    '流水线是从数据到模型或报告的步骤图。可从空白开始，或导入文件。',
  '“{name}” is archived.': '“{name}”已归档。',
  '{name} (copy)': '{name}（副本）',
  'Its runs': '其运行',
  'Bring back': '取回',
  Archive: '归档',
  Edited: '编辑时间',
  'Never run': '从未运行',
  Create: '创建',
  'Arrival delays': '到达延误',
};
