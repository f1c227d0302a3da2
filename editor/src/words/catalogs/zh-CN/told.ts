/** Simplified Chinese: told. `docs/words.md` says which word stands for what. */
export default {
  'told::The condition of "{0}"': '“{0}”的条件',
  'told::The query of "{0}"': '“{0}”的查询',
  'told::Did you mean "{0}"?': '您是指“{0}”吗？',
  'told::No column arrives there.': '那里没有任何列。',
  'told::It has {0}{1}.': '它有 {0}{1}。',
  'told::"{0}" names the column "{1}", and the table at "{2}" {3}. {4}': '“{0}”使用了列“{1}”，而“{2}”处的表格{3}。{4}',
  'told::had none of that name in run {0}, as "{1}" gave it': '在运行 {0} 中（由“{1}”给出）没有这个名称的列',
  'told::has none of that name': '没有这个名称的列',
  'told:: (by the columns of run {0})': '（依据运行 {0} 的列）',
  'told::{0} cannot be planned{1}: {2}': '{0}无法规划{1}：{2}',
  'told::Only the run tells "{0}".': '只有运行后才知道“{0}”。',
  'told::The file is looked into when it is read.': '读取时才会查看该文件。',
  'told::It waits for itself.': '它在等待自己。',
  'told::Nothing is connected.': '没有连接。',
  'told::"{0}" gives {1} there.': '“{0}”在那里给出{1}。',
  'told::Its columns are known once "{0}" has run.': '“{0}”运行后才知道其列。',
  'told::"{0}", or what comes before it, has changed since run {1}.': '自运行 {1} 以来，“{0}”或其上游已有改动。',
  'told::The types of its input columns are not known yet.': '输入列的类型尚不清楚。',
  'told::The query is being looked at.': '正在查看该查询。',
  'told::Its query is wrong: {0}': '查询有误：{0}',
  'told::a table': '表格',
  'told::a model': '模型',
  'told::a figure': '图表',
  'told::a document': '文档',
  'told::a file': '文件',
  'told::a folder': '文件夹',
  'told::a value': '值',
  'told::"{0}" does no work of its own, so it cannot hold slots of a pool. Give the pool to the nodes that do the work.':
    '“{0}”本身不做工作，因此不能占用资源池名额。请把资源池指定给实际工作的节点。',
  'told::"{0}" cannot be the name of a field. Use English letters, digits and _, 63 at most; its title may be anything.':
    '“{0}”不能作为字段名。请使用英文字母、数字和 _，最多 63 个；标题可任意。',
  'told::The default of the field "{0}" of "{1}" {2}.': '“{1}”的字段“{0}”的默认值{2}。',
  'told::A form has {0} fields at most, and this has {1}. Ask for less.':
    '表单最多 {0} 个字段，这个有 {1} 个。请减少。',
  'told::"{0}" needs {1} approvals, and only {2} {3} may answer. Name more, or ask for fewer.':
    '“{0}”需要 {1} 个批准，但只有 {2} 人可回复。请指定更多人，或减少所需批准数。',
  'told::The default of parameter "{0}" {1}.': '参数“{0}”的默认值{1}。',
  'told::"{0}" is of type "{1}", which this server does not have. Replace it, or install the type on the server.':
    '“{0}”的类型是“{1}”，此服务器没有。请替换该节点，或在服务器上安装该类型。',
  'told::"{0}" carries code, but {1} does not run a node\'s own code. Remove it, or use a code node.':
    '“{0}”带有代码，但 {1} 不运行节点自己的代码。请移除代码，或使用代码节点。',
  'told::"{0}" has two inputs named "{1}". Rename one in its code.':
    '“{0}”有两个名为“{1}”的输入。请在代码中重命名其一。',
  'told::"{0}" of "{1}" needs {2}. Connect an output to it.': '“{1}”的“{0}”需要{2}。请将一个输出连接到它。',
  'told::"{0}" of "{1}" takes one edge, and {2} arrive. Keep one.':
    '“{1}”的“{0}”只接受一条连线，现有 {2} 条。请只保留一条。',
  'told::"{0}" uses the pipeline parameter "{1}", which does not exist. Add it, or set a value here.':
    '“{0}”使用了不存在的流水线参数“{1}”。请添加该参数，或在此设置值。',
  'told::{0} of "{1}": {2}': '“{1}”的{0}：{2}',
  'told::a value is missing. Give it one.': '缺少值。请填写。',
  'told::a text': '文本',
  'told::a number': '数字',
  'told::a whole number': '整数',
  'told::yes or no': '是或否',
  'told::a list': '列表',
  'told::an object': '对象',
  'told::it takes {0}.': '应为{0}。',
  'told::it takes {0}{1}.': '应为{0}{1}。',
  'told::one of ': '以下之一：',
  'told::{0} characters or more.': '至少 {0} 个字符。',
  'told::{0} entries or more.': '至少 {0} 项。',
  'told::more than {0}.': '大于 {0}。',
  'told::{0} or more.': '不小于 {0}。',
  'told::{0} characters at most.': '最多 {0} 个字符。',
  'told::{0} entries at most.': '最多 {0} 项。',
  'told::less than {0}.': '小于 {0}。',
  'told::{0} at most.': '不大于 {0}。',
  'told::a multiple of {0}.': '{0} 的倍数。',
  'told::it does not have the form that it needs.': '格式不符合要求。',
  'told::choose one of the listed forms.': '请选择所列形式之一。',
  'told::it is not a parameter of this node. Remove it.': '不是此节点的参数。请移除。',
  'told::The edge "{0}" is filed under another name than its ends give ("{1}"). Rename the key.':
    '连线“{0}”的键与其两端得出的名称（“{1}”）不符。请重命名该键。',
  'told::An edge {0} "{1}", which is not in the pipeline. Remove the edge.':
    '有一条连线{0}“{1}”，但它不在流水线中。请移除该连线。',
  'told::comes from': '来自',
  'told::goes to': '通向',
  'told::An edge joins two different nodes.': '连线必须连接两个不同的节点。',
  'told::"{0}" has no output "{1}"{2}. Connect another output, or remove the edge.':
    '“{0}”没有输出“{1}”{2}。请连接其他输出，或移除该连线。',
  'told::"{0}" has no input "{1}"{2}. Connect another input, or remove the edge.':
    '“{0}”没有输入“{1}”{2}。请连接其他输入，或移除该连线。',
  'told::"{0}" of "{1}" takes {2}, but "{3}" of "{4}" gives {5}.': '“{1}”的“{0}”接受{2}，但“{4}”的“{3}”给出{5}。',
  'told::"{0}" of "{1}" gives one {2}, and "{3}" of "{4}" takes only one. Connect an input that takes several.':
    '“{1}”的“{0}”{2}给出一个，而“{4}”的“{3}”只接受一个。请连接可接受多个的输入。',
  'told::for each item': '为每个条目',
  'told::after another': '依次',
  'told:: (it has {0})': '（它有 {0}）',
  'told::These nodes wait for each other in a circle: {0} → {1}. Remove one of the edges between them.':
    '这些节点循环等待：{0} → {1}。请移除它们之间的一条连线。',
  'told::The pipeline has no parameter "{0}"{1}.': '流水线没有参数“{0}”{1}。',
  'told::; it has {0}': '；它有 {0}',
  'told:: and takes none': '，也不接受任何参数',
  'told::The parameter "{0}" has no default; give it a value.': '参数“{0}”没有默认值；请填写值。',
  'told::The parameter "{0}" {1}; given was {2}.': '参数“{0}”{1}；给出的是 {2}。',
  'told::A rule needs something to go by: a reason, an exception’s name, or a text of its message.':
    '规则需要依据：原因、异常名称或消息中的文字。',
  'told::A tag stands here twice.': '有标签重复。',
  'told::A column stands here twice.': '有列重复。',
  'told::A table is gone through by groups or by so many rows. Keep one of "by" and "rows".':
    '表格按组或按行数遍历。请在 "by" 和 "rows" 中只保留一个。',
  'told::"{0}" waits for itself. Remove it from the list.': '“{0}”在等待自己。请将其从列表中移除。',
  'told::"{0}" waits for "{1}", which is not in the pipeline. Remove it from the list.':
    '“{0}”等待“{1}”，但它不在流水线中。请将其从列表中移除。',
  'told::"{0}" names "{1}" twice among what it waits for. Remove one.': '“{0}”的等待列表中“{1}”出现两次。请移除一个。',
  'told::"{0}" runs at the end whatever happened, so it can have no rule of its own. Remove the rule, or "finally".':
    '“{0}”无论如何都在最后运行，因此不能有自己的规则。请移除规则或 "finally"。',
  'told::"{0}" has a rule about the nodes before it, and there are none. Connect one, or remove the rule.':
    '“{0}”有关于前面节点的规则，但前面没有节点。请连接一个，或移除规则。',
  'told::"{0}" follows "{1}", which runs when all others have ended. Make "{2}" a finally-node too, or do not let it wait.':
    '“{0}”在“{1}”之后，而后者在其他全部结束时才运行。请让“{2}”也在最后运行，或不等待它。',
  'told::"{0}" may run without "{1}", {2} that it needs: {3}. Make that input optional in its code, or let it run only when all before it did well.':
    '“{0}”可能在没有“{1}”（{2}）的情况下运行，但它需要该输入：{3}。请在代码中将其设为可选，或仅在前面全部成功时运行。',
  'told::it runs however the others ended': '无论其他节点如何结束它都会运行',
  'told::its rule is {0}': '其规则是 {0}',
  'told::Every node is to run after all others have ended. Take "finally" from those that begin.':
    '所有节点都要求在其他节点结束后运行。请从起始节点移除 "finally"。',
  'told::"{0}" is of a type ({1}) that cannot be run once per item. Take "map" away, or do it with a code node.':
    '“{0}”的类型（{1}）不能按条目运行。请去掉 "map"，或改用代码节点。',
  'told::"{0}" is to run once per item of "{1}", and has neither an input nor a parameter of that name that takes a value. Name one that does.':
    '“{0}”要对“{1}”的每个条目运行，但没有接受值的同名输入或参数。请指定一个。',
  'told::"{0}" is to go through {1} of "{2}", which takes {3}. Name an input that takes one table.':
    '“{0}”要遍历“{2}”的{1}，但它接受{3}。请指定接受一个表格的输入。',
  'told::the groups': '组',
  'told::the rows': '行',
  'told::several inputs': '多个输入',
  'told::"{0}" is to run once per item of "{1}", which takes {2}. {3}':
    '“{0}”要对“{1}”的每个条目运行，但它接受{2}。{3}',
  'told::Say what an item of a table is: with "by" a group, with "rows" so many rows.':
    '请说明表格的条目是什么：用 "by" 表示组，用 "rows" 表示若干行。',
  'told::An item of a list is a value; name an input or a parameter that takes one.':
    '列表的条目是一个值；请指定接受值的输入或参数。',
  'told::No {0} arrives at "{1}" of "{2}" that it could go through. Connect one.':
    '“{2}”的“{1}”处没有可遍历的内容（{0}）。请连接一个。',
  'told::"{0}" goes through a list, and "{1}" gives metrics. Connect an output that gives a list.':
    '“{0}”遍历列表，而“{1}”给出指标。请连接给出列表的输出。',
  'told::"{0}" goes through a list, and "{1}" gives {2}. Write a list there, such as [1, 2, 3].':
    '“{0}”遍历列表，而“{1}”给出 {2}。请在那里写一个列表，例如 [1, 2, 3]。',
  'told::must be of type {0}': '必须是 {0} 类型',
  'told::must be {0} or more': '必须不小于 {0}',
  'told::must be {0} or less': '必须不大于 {0}',
  'told::must be one of {0}': '必须是 {0} 之一',
  'told::Another one is named "{0}" already. Give "{1}" another name.': '已有另一个名为“{0}”。请为“{1}”换一个名称。',
  'told::"{0}" does not say which pipeline it runs. Choose one.': '“{0}”没有指定运行哪条流水线。请选择。',
  'told::"{0}" is to be repeated, but its pipeline has no output "{1}" that says whether to go on. Add one there, or do not repeat it.':
    '“{0}”要重复运行，但其流水线没有说明是否继续的输出“{1}”。请添加，或不要重复。',
  'told::{0} Open "{1}" and take over the ports of its pipeline as they are now.':
    '{0}请打开“{1}”，采用其流水线当前的端口。',
  'told::The pipeline behind "{0}" takes no "{1}" any more.': '“{0}”背后的流水线不再接受“{1}”。',
  'told::The pipeline behind "{0}" gives no "{1}" any more.': '“{0}”背后的流水线不再给出“{1}”。',
  'told::The pipeline behind "{0}" needs {1} at "{2}", and nothing arrives there.':
    '“{0}”背后的流水线在“{2}”处需要{1}，但那里没有输入。',
  'told::The pipeline behind "{0}" takes {1} at "{2}" now.': '“{0}”背后的流水线现在在“{2}”处接受{1}。',
  'told::The pipeline behind "{0}" gives "{1}" otherwise than before.': '“{0}”背后的流水线给出的“{1}”与之前不同。',
  'told::"{0}" of "{1}"': '“{1}”的“{0}”',
  'told::{0} takes no secret. Declare the parameter as a Secret in the code, or set a value.':
    '{0}不接受密钥。请在代码中将该参数声明为 Secret，或设置值。',
  'told::{0} is a secret, and what is written here could be read by everybody. Keep it under Settings, Secrets, and choose it by its name.':
    '{0}是密钥，写在这里的内容人人可读。请保存在“设置 → 密钥”中，再按名称选择。',
  'told::"{0}" needs a worker with the tag {1}, which none ever had. {2}, or start a worker with DRAWLOOM_TAGS={3}.':
    '“{0}”需要带有标签 {1} 的工作进程，但从未有过。{2}，或用 DRAWLOOM_TAGS={3} 启动一个工作进程。',
  'told::Workers have {0}: choose among these': '工作进程具备 {0}：请从中选择',
  'told::Take it out': '请将其移除',
  'told::Exit code {0}': '退出码 {0}',
  'told::Ended by the signal {0}': '被信号 {0} 终止',
  'told::Memory limit {0}': '内存限制 {0}',
  'told::Held {0} at most{1}': '最多占用 {0}{1}',
  'told::, of {0}': '，上限 {0}',
  'told::Time limit {0}': '时限 {0}',
  'told::Took {0}, of {1}': '用时 {0}，上限 {1}',
  'told::May wait {0} for its start': '最多等待 {0} 开始',
  'told::The run may take {0}': '运行最长 {0}',
  'told::May write {0}': '最多写入 {0}',
  'told::Nothing is known of its worker': '对其工作进程一无所知',
  'told::Last sign of life of its worker at {0} UTC': '其工作进程最后一次心跳在 {0} UTC',
  'told::; lost {0} times': '；丢失 {0} 次',
  'told::Line {0} of its code': '代码第 {0} 行',
  'told::No module “{0}”': '没有模块“{0}”',
  'told::No column “{0}” among {1}': '{1} 中没有列“{0}”',
  'told::what arrived': '到达的内容',
  'told::The input “{0}” is {1}': '输入“{0}”：{1}',
  'told::The secret {0} is not set': '密钥 {0} 未设置',
  'told::{0} of {1} items failed{2}': '{1} 个条目中 {0} 个失败{2}',
  'told::, item {0} first': '，首个为条目 {0}',
  'told::Run {0}, which it started': '它启动的运行 {0}',
  'told::“{0}” did not succeed': '“{0}”没有成功',
  'told::It did well.': '成功。',
  'told::Its code raised an error.': '代码抛出了错误。',
  'told::It gave something else than it declares.': '给出的内容与声明不符。',
  'told::What arrived, or what is set, cannot be used.': '到达的内容或设置无法使用。',
  'told::It did not end within its time limit.': '未在时限内结束。',
  'told::It could have begun, and did not within its limit.': '本可开始，但未在限定时间内开始。',
  'told::It needed more memory than it may use.': '所需内存超过上限。',
  'told::There was no room left for what it wrote.': '没有空间写入。',
  'told::Something outside of Drawloom, or a fault in compiled code, ended its process.':
    'Drawloom 之外的原因或编译代码中的错误终止了其进程。',
  'told::Its worker went away.': '其工作进程已失联。',
  'told::It could not be started or recorded; the fault is not in the node.': '无法启动或记录；问题不在节点。',
  'told::It was stopped.': '已被停止。',
  'told::The run that it started failed, or was stopped.': '它启动的运行失败或被停止。',
  'told::Too many of the items that it goes through failed.': '遍历的条目中失败过多。',
  'told::Somebody who was asked to approve said no.': '被征询者拒绝了。',
  'told::Nobody approved in time.': '无人及时批准。',
  'told::Something before it failed.': '前面有节点失败。',
  'told::It was not meant to run.': '它本就不应运行。',
  'told::It waits for something that needs no worker.': '正在等待不需要工作进程的事情。',
  'told::It was stopped, because its run reached its time limit.': '因运行达到时限而被停止。',
  'told::Raise its memory limit to {0}, or let it work on less at once.':
    '将其内存限制提高到 {0}，或减少每次处理的数据量。',
  'told::Raise its time limit to {0}, or let it do less.': '将其时限提高到 {0}，或减少其工作量。',
  'told::Raise its disk limit to {0}, or let it write less.': '将其磁盘限制提高到 {0}，或减少写入量。',
  'told::Let it wait {0} for its start.': '允许它等待 {0} 再开始。',
  'told::Give the run {0}, or less to do.': '给运行 {0} 的时间，或减少其工作。',
  'told::Look at line {0} of its code.': '查看其代码第 {0} 行。',
  'told::Look at the end of its log.': '查看其日志末尾。',
  'told::Do without “{0}”, or have the package {1} added to the node’s environment by whoever runs this server.':
    '不使用“{0}”，或请服务器管理者把软件包 {1} 加入节点环境。',
  'told::Write “{0}” in place of “{1}”, if that is what is meant.': '如果是这个意思，请把“{1}”改为“{0}”。',
  'told::Set the secret {0} under Settings, Secrets.': '在“设置 → 密钥”中设置密钥 {0}。',
  'told::Free some space on the server.': '在服务器上释放一些空间。',
  'told::Add a worker, or slots to the pool that it waits for.': '增加工作进程，或增加其等待的资源池的名额。',
  'told::Look at the worker’s own log.': '查看工作进程自己的日志。',
  'told::Look at “{0}”.': '查看“{0}”。',
  'told::Look at run {0}.': '查看运行 {0}。',
  'told::Look at item {0}.': '查看条目 {0}。',
  'told::Run again what failed and what follows it.': '重新运行失败的部分及其后续。',
  'told::{0} opens here and is never closed. Close it.': '{0} 在此打开却没有关闭。请关闭它。',
  'told::"{0}" is used here and never imported. Write "{1}" at the top.': '“{0}”在此使用但从未导入。请在顶部写 "{1}"。',
  'told::The node’s function must not begin with "_", which marks helpers. Write for example "{0}".':
    '节点的函数不能以 "_" 开头，那表示辅助函数。例如写 "{0}"。',
  'told::The code declares no function. Write for example "{0}".': '代码没有声明函数。例如写 "{0}"。',
  'told::This function’s first line is too long, or nested too deep, to be read. Pass one table, or a dict.':
    '该函数的首行太长或嵌套太深，无法读取。请传入一个表格或 dict。',
  'told::This function’s first line is not complete. Write "def name(inputs) -> result:".':
    '该函数的首行不完整。请写成 "def name(inputs) -> result:"。',
  'told::More than {0} ports or fields are too many. Pass one table, or a dict.':
    '超过 {0} 个端口或字段太多了。请传入一个表格或 dict。',
  'told::"*{0}" gives no port. Name each input, or take several at one port: "{1}: list[pd.DataFrame]".':
    '"*{0}" 不产生端口。请逐一命名输入，或在一个端口接受多个："{1}: list[pd.DataFrame]"。',
  'told::"**{0}" gives no field. Name each parameter after a "*".': '"**{0}" 不产生字段。请在 "*" 之后逐一命名参数。',
  'told::"{0}" is there twice. Give one of them another name.': '“{0}”出现两次。请为其中一个改名。',
  'told::"{0}" cannot name a port or parameter: use English letters, digits and _, 63 at most.':
    '“{0}”不能作为端口或参数名：请使用英文字母、数字和 _，最多 63 个。',
  'told::A secret travels along no edge, and "{0}" is one. Put it behind the "*", as a parameter.':
    '密钥不能通过连线传递，而“{0}”是密钥。请把它放在 "*" 之后作为参数。',
  'told::The type of "{0}" is none that travels between nodes, so its port takes anything. Use pd.DataFrame, Model, Metrics, Figure, Document, Path, Folder or a plain value.':
    '“{0}”的类型不能在节点之间传递，因此其端口接受任意内容。请使用 pd.DataFrame、Model、Metrics、Figure、Document、Path、Folder 或普通值。',
  'told::No form field fits the type of "{0}". Use int, float, str, bool, Literal[…], date, datetime, list[…] or dict; data comes in before the "*".':
    '没有表单字段适合“{0}”的类型。请使用 int、float、str、bool、Literal[…]、date、datetime、list[…] 或 dict；数据写在 "*" 之前。',
  'told::A tuple of any length gives no ports. Name each output: tuple[pd.DataFrame, pd.DataFrame].':
    '任意长度的元组不产生端口。请逐一写出输出：tuple[pd.DataFrame, pd.DataFrame]。',
  'told::the result': '结果',
  'told::A list of them cannot leave at one port. Return a tuple, which gives each its own port.':
    '它们的列表不能从一个端口输出。请返回元组，使每个都有自己的端口。',
  'told::"{0}" cannot name a port: use English letters, digits and _, 63 at most.':
    '“{0}”不能作为端口名：请使用英文字母、数字和 _，最多 63 个。',
  'told::Two outputs are named "{0}". Name one: Annotated[…, "other_name"].':
    '有两个输出名为“{0}”。请为其一命名：Annotated[…, "other_name"]。',
  'told::This line is indented, and the one above it opens no block. Move it back.':
    '此行有缩进，但上一行没有开启代码块。请取消缩进。',
  'told::This line is indented as no block above it is. Line it up with the block that it belongs to.':
    '此行的缩进与上面任何代码块都不一致。请与其所属代码块对齐。',
  'told::Nothing stands indented below this line, which ends with a colon. Write its body there, or "pass".':
    '此行以冒号结尾，下面却没有缩进的内容。请写出其主体，或 "pass"。',
  'told::Tabs and spaces are mixed here, and Python takes no side. Indent with spaces only.':
    '这里混用了制表符和空格，Python 不接受。请只用空格缩进。',
  'told::There is no query yet. Write a SELECT that names its input tables after FROM.':
    '还没有查询。请写一条 SELECT，在 FROM 后列出输入表格。',
  'told::A SQL node is one SELECT, and this begins with "{0}". Write SELECT …, WITH … SELECT or FROM ….':
    'SQL 节点是一条 SELECT，而这里以 "{0}" 开头。请写 SELECT …、WITH … SELECT 或 FROM …。',
  'told::A SQL node is one SELECT, and another statement follows here. Put it into a node of its own.':
    'SQL 节点是一条 SELECT，这里又跟了另一条语句。请放到单独的节点中。',
  'told::This PIVOT lists no values, so its columns would depend on the data. Write ON column IN (value, …).':
    '此 PIVOT 没有列出值，其列将取决于数据。请写 ON column IN (value, …)。',
  "told::{0} is a file read past the node's inputs. Read it with a Read file node and name that table here.":
    '{0} 是绕过节点输入读取的文件。请用“读取文件”节点读取，并在此使用该表格。',
  "told::{0}(…) reads past the node's inputs, so it could not be traced or reused. Read the data with a Read file node and name that table here.":
    '{0}(…) 绕过节点输入读取，无法追溯或复用。请用“读取文件”节点读取数据，并在此使用该表格。',
  'told::{0} names a table in a schema, and a node has only its inputs. Write the plain name of an input port.':
    '{0} 指向某个 schema 中的表，而节点只有自己的输入。请直接写输入端口的名称。',
  'told::"{0}" is a file read past the node\'s inputs. Read it with a Read file node and name that table here.':
    '“{0}”是绕过节点输入读取的文件。请用“读取文件”节点读取，并在此使用该表格。',
  'told::"{0}" cannot be an input port: a port\'s name has letters, digits and _ only, no spaces, and 63 characters at most. Rename the table.':
    '“{0}”不能作为输入端口：名称只能包含字母、数字和 _，不含空格，最多 63 个字符。请重命名表格。',
  'told::{0} begins here and never ends. Close it with {1}.': '{0}从这里开始却没有结束。请用 {1} 关闭。',
  'told::This comment': '此注释',
  'told::This text': '此文本',
  'told::This name': '此名称',
  'told::{0} is a parameter without a name. Name it, for example $threshold, so that it gets a field in the form.':
    '{0} 是没有名称的参数。请命名，例如 $threshold，这样它才会在表单中有字段。',
  'told::The query is nested more than {0} brackets deep here. Split it into several nodes.':
    '查询在此嵌套超过 {0} 层括号。请拆分到多个节点。',
  'told::"{0}" closes nothing. Remove it.': '“{0}”没有对应的开头。请移除。',
  'told::The code cannot be read as TypeScript in a reasonable time. Correct its first mistake, or nest it less.':
    '无法在合理时间内将代码作为 TypeScript 读取。请修正第一个错误，或减少嵌套。',
  'told::The code is nested too deep to be read. Split it into several functions.':
    '代码嵌套太深，无法读取。请拆成多个函数。',
  'told::A TypeScript node is an exported function, and there is none. Write export default function run(table: Table): Table { … }.':
    'TypeScript 节点是一个导出的函数，这里没有。请写 export default function run(table: Table): Table { … }。',
  'told::Line {0} does not read as TypeScript from here on. Look for a missing bracket, quote or comma.':
    '第 {0} 行从这里起无法作为 TypeScript 读取。请检查是否缺少括号、引号或逗号。',
  'told::The object with the parameters stands last. Move it behind the ports.': '参数对象应在最后。请移到端口之后。',
  'told::"{0}" cannot be an input port: use letters, digits and _ only.':
    '“{0}”不能作为输入端口：只能使用字母、数字和 _。',
  'told::A secret travels along no edge. Move it into the last object, as a parameter.':
    '密钥不能通过连线传递。请移到最后的对象中作为参数。',
  'told::{0} is no kind of port. Use one of {1}, or unknown for anything.':
    '{0} 不是端口类型。请使用 {1} 之一，或用 unknown 表示任意。',
  'told::The function does not say what it returns, so the node has no outputs. Write a type behind its parameters, for example ): Table {.':
    '函数没有说明返回什么，因此节点没有输出。请在参数后写出类型，例如 ): Table {。',
  'told::"{0}" cannot be an output port: use letters, digits and _ only, and each name once.':
    '“{0}”不能作为输出端口：只能使用字母、数字和 _，且名称不能重复。',
};
