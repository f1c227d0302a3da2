/** German: told. `docs/words.md` says which word stands for what. */
export default {
  'told::The condition of "{0}"': 'Die Bedingung von „{0}“',
  'told::The query of "{0}"': 'Die Abfrage von „{0}“',
  'told::Did you mean "{0}"?': 'Meinten Sie „{0}“?',
  'told::No column arrives there.': 'Dort kommt keine Spalte an.',
  'told::It has {0}{1}.': 'Sie hat {0}{1}.',
  'told::"{0}" names the column "{1}", and the table at "{2}" {3}. {4}':
    '„{0}“ nennt die Spalte „{1}“, und die Tabelle an „{2}“ {3}. {4}',
  'told::had none of that name in run {0}, as "{1}" gave it':
    'hatte keine dieses Namens in Lauf {0}, wie „{1}“ sie gab',
  'told::has none of that name': 'hat keine dieses Namens',
  'told:: (by the columns of run {0})': ' (nach den Spalten von Lauf {0})',
  'told::{0} cannot be planned{1}: {2}': '{0} lässt sich nicht planen{1}: {2}',
  'told::Only the run tells "{0}".': 'Erst der Lauf zeigt „{0}“.',
  'told::The file is looked into when it is read.': 'In die Datei wird erst beim Lesen gesehen.',
  'told::It waits for itself.': 'Er wartet auf sich selbst.',
  'told::Nothing is connected.': 'Nichts ist verbunden.',
  'told::"{0}" gives {1} there.': '„{0}“ gibt dort {1}.',
  'told::Its columns are known once "{0}" has run.': 'Die Spalten sind bekannt, sobald „{0}“ gelaufen ist.',
  'told::"{0}", or what comes before it, has changed since run {1}.':
    '„{0}“, oder was davor kommt, hat sich seit Lauf {1} geändert.',
  'told::The types of its input columns are not known yet.':
    'Die Typen der ankommenden Spalten sind noch nicht bekannt.',
  'told::The query is being looked at.': 'Die Abfrage wird gerade angesehen.',
  'told::Its query is wrong: {0}': 'Die Abfrage ist falsch: {0}',
  'told::a table': 'eine Tabelle',
  'told::a model': 'ein Modell',
  'told::a figure': 'eine Abbildung',
  'told::a document': 'ein Dokument',
  'told::a file': 'eine Datei',
  'told::a folder': 'einen Ordner',
  'told::a value': 'einen Wert',
  'told::"{0}" does no work of its own, so it cannot hold slots of a pool. Give the pool to the nodes that do the work.':
    '„{0}“ tut selbst keine Arbeit, kann also keine Plätze eines Pools belegen. Geben Sie den Pool den Knoten, die die Arbeit tun.',
  'told::"{0}" cannot be the name of a field. Use English letters, digits and _, 63 at most; its title may be anything.':
    '„{0}“ kann kein Name eines Feldes sein. Nehmen Sie englische Buchstaben, Ziffern und _, höchstens 63; der Titel ist frei.',
  'told::The default of the field "{0}" of "{1}" {2}.': 'Die Vorgabe des Feldes „{0}“ von „{1}“ {2}.',
  'told::A form has {0} fields at most, and this has {1}. Ask for less.':
    'Ein Formular hat höchstens {0} Felder, und dieses hat {1}. Fragen Sie weniger.',
  'told::"{0}" needs {1} approvals, and only {2} {3} may answer. Name more, or ask for fewer.':
    '„{0}“ braucht {1} Freigaben, und nur {2} dürfen antworten. Nennen Sie mehr Personen, oder verlangen Sie weniger Freigaben.',
  'told::The default of parameter "{0}" {1}.': 'Die Vorgabe des Parameters „{0}“ {1}.',
  'told::"{0}" is of type "{1}", which this server does not have. Replace it, or install the type on the server.':
    '„{0}“ ist vom Typ „{1}“, den dieser Server nicht hat. Ersetzen Sie den Knoten, oder installieren Sie den Typ auf dem Server.',
  'told::"{0}" carries code, but {1} does not run a node\'s own code. Remove it, or use a code node.':
    '„{0}“ enthält Code, aber {1} führt keinen eigenen Code aus. Entfernen Sie ihn, oder nehmen Sie einen Code-Knoten.',
  'told::"{0}" has two inputs named "{1}". Rename one in its code.':
    '„{0}“ hat zwei Eingänge namens „{1}“. Benennen Sie einen im Code um.',
  'told::"{0}" of "{1}" needs {2}. Connect an output to it.':
    '„{0}“ von „{1}“ braucht {2}. Verbinden Sie einen Ausgang damit.',
  'told::"{0}" of "{1}" takes one edge, and {2} arrive. Keep one.':
    '„{0}“ von „{1}“ nimmt eine Verbindung an, und {2} kommen an. Behalten Sie eine.',
  'told::"{0}" uses the pipeline parameter "{1}", which does not exist. Add it, or set a value here.':
    '„{0}“ benutzt den Pipeline-Parameter „{1}“, den es nicht gibt. Legen Sie ihn an, oder setzen Sie hier einen Wert.',
  'told::{0} of "{1}": {2}': '{0} von „{1}“: {2}',
  'told::a value is missing. Give it one.': 'Ein Wert fehlt. Geben Sie einen an.',
  'told::a text': 'einen Text',
  'told::a number': 'eine Zahl',
  'told::a whole number': 'eine ganze Zahl',
  'told::yes or no': 'ja oder nein',
  'told::a list': 'eine Liste',
  'told::an object': 'ein Objekt',
  'told::it takes {0}.': 'es nimmt {0}.',
  'told::it takes {0}{1}.': 'es nimmt {0}{1}.',
  'told::one of ': 'eines von ',
  'told::{0} characters or more.': '{0} Zeichen oder mehr.',
  'told::{0} entries or more.': '{0} Einträge oder mehr.',
  'told::more than {0}.': 'mehr als {0}.',
  'told::{0} or more.': '{0} oder mehr.',
  'told::{0} characters at most.': 'höchstens {0} Zeichen.',
  'told::{0} entries at most.': 'höchstens {0} Einträge.',
  'told::less than {0}.': 'weniger als {0}.',
  'told::{0} at most.': 'höchstens {0}.',
  'told::a multiple of {0}.': 'ein Vielfaches von {0}.',
  'told::it does not have the form that it needs.': 'es hat nicht die Form, die es braucht.',
  'told::choose one of the listed forms.': 'wählen Sie eine der aufgeführten Formen.',
  'told::it is not a parameter of this node. Remove it.': 'es ist kein Parameter dieses Knotens. Entfernen Sie es.',
  'told::The edge "{0}" is filed under another name than its ends give ("{1}"). Rename the key.':
    'Die Verbindung „{0}“ steht unter einem anderen Namen, als ihre Enden ergeben („{1}“). Benennen Sie den Schlüssel um.',
  'told::An edge {0} "{1}", which is not in the pipeline. Remove the edge.':
    'Eine Verbindung {0} „{1}“, das nicht in der Pipeline ist. Entfernen Sie die Verbindung.',
  'told::comes from': 'kommt von',
  'told::goes to': 'geht zu',
  'told::An edge joins two different nodes.': 'Eine Verbindung führt von einem Knoten zu einem anderen.',
  'told::"{0}" has no output "{1}"{2}. Connect another output, or remove the edge.':
    '„{0}“ hat keinen Ausgang „{1}“{2}. Verbinden Sie einen anderen Ausgang, oder entfernen Sie die Verbindung.',
  'told::"{0}" has no input "{1}"{2}. Connect another input, or remove the edge.':
    '„{0}“ hat keinen Eingang „{1}“{2}. Verbinden Sie einen anderen Eingang, oder entfernen Sie die Verbindung.',
  'told::"{0}" of "{1}" takes {2}, but "{3}" of "{4}" gives {5}.':
    '„{0}“ von „{1}“ nimmt {2}, aber „{3}“ von „{4}“ gibt {5}.',
  'told::"{0}" of "{1}" gives one {2}, and "{3}" of "{4}" takes only one. Connect an input that takes several.':
    '„{0}“ von „{1}“ gibt {2} etwas, und „{3}“ von „{4}“ nimmt nur eines. Verbinden Sie einen Eingang, der mehrere annimmt.',
  'told::for each item': 'für jedes Element',
  'told::after another': 'nacheinander',
  'told:: (it has {0})': ' (er hat {0})',
  'told::These nodes wait for each other in a circle: {0} → {1}. Remove one of the edges between them.':
    'Diese Knoten warten im Kreis aufeinander: {0} → {1}. Entfernen Sie eine der Verbindungen zwischen ihnen.',
  'told::The pipeline has no parameter "{0}"{1}.': 'Die Pipeline hat keinen Parameter „{0}“{1}.',
  'told::; it has {0}': '; sie hat {0}',
  'told:: and takes none': ' und nimmt keine',
  'told::The parameter "{0}" has no default; give it a value.':
    'Der Parameter „{0}“ hat keine Vorgabe; geben Sie einen Wert an.',
  'told::The parameter "{0}" {1}; given was {2}.': 'Der Parameter „{0}“ {1}; angegeben war {2}.',
  'told::A rule needs something to go by: a reason, an exception’s name, or a text of its message.':
    'Eine Regel braucht etwas, wonach sie geht: einen Grund, den Namen einer Ausnahme oder einen Text der Meldung.',
  'told::A tag stands here twice.': 'Ein Tag steht hier zweimal.',
  'told::A column stands here twice.': 'Eine Spalte steht hier zweimal.',
  'told::A table is gone through by groups or by so many rows. Keep one of "by" and "rows".':
    'Eine Tabelle wird nach Gruppen oder nach so vielen Zeilen durchgegangen. Behalten Sie eines von "by" und "rows".',
  'told::"{0}" waits for itself. Remove it from the list.':
    '„{0}“ wartet auf sich selbst. Entfernen Sie den Knoten aus der Liste.',
  'told::"{0}" waits for "{1}", which is not in the pipeline. Remove it from the list.':
    '„{0}“ wartet auf „{1}“, das nicht in der Pipeline ist. Entfernen Sie es aus der Liste.',
  'told::"{0}" names "{1}" twice among what it waits for. Remove one.':
    '„{0}“ nennt „{1}“ zweimal unter dem, worauf es wartet. Entfernen Sie eines.',
  'told::"{0}" runs at the end whatever happened, so it can have no rule of its own. Remove the rule, or "finally".':
    '„{0}“ läuft am Ende, was auch geschah, und kann darum keine eigene Regel haben. Entfernen Sie die Regel, oder "finally".',
  'told::"{0}" has a rule about the nodes before it, and there are none. Connect one, or remove the rule.':
    '„{0}“ hat eine Regel über die Knoten davor, und es gibt keine. Verbinden Sie einen, oder entfernen Sie die Regel.',
  'told::"{0}" follows "{1}", which runs when all others have ended. Make "{2}" a finally-node too, or do not let it wait.':
    '„{0}“ folgt auf „{1}“, das läuft, wenn alle anderen beendet sind. Lassen Sie auch „{2}“ am Ende laufen, oder nicht darauf warten.',
  'told::"{0}" may run without "{1}", {2} that it needs: {3}. Make that input optional in its code, or let it run only when all before it did well.':
    '„{0}“ kann ohne „{1}“ laufen, also ohne {2}, und braucht es doch: {3}. Machen Sie den Eingang im Code entbehrlich, oder lassen Sie den Knoten nur laufen, wenn davor alles gut ausging.',
  'told::it runs however the others ended': 'Er läuft, wie auch immer die anderen enden',
  'told::its rule is {0}': 'Seine Regel ist {0}',
  'told::Every node is to run after all others have ended. Take "finally" from those that begin.':
    'Jeder Knoten soll laufen, nachdem alle anderen beendet sind. Nehmen Sie "finally" von denen, die beginnen.',
  'told::"{0}" is of a type ({1}) that cannot be run once per item. Take "map" away, or do it with a code node.':
    '„{0}“ ist von einem Typ ({1}), der nicht einmal je Element laufen kann. Nehmen Sie "map" weg, oder tun Sie es mit einem Code-Knoten.',
  'told::"{0}" is to run once per item of "{1}", and has neither an input nor a parameter of that name that takes a value. Name one that does.':
    '„{0}“ soll einmal je Element von „{1}“ laufen und hat weder einen Eingang noch einen Parameter dieses Namens, der einen Wert nimmt. Nennen Sie einen, der es tut.',
  'told::"{0}" is to go through {1} of "{2}", which takes {3}. Name an input that takes one table.':
    '„{0}“ soll {1} von „{2}“ durchgehen, das {3} nimmt. Nennen Sie einen Eingang, der eine Tabelle nimmt.',
  'told::the groups': 'die Gruppen',
  'told::the rows': 'die Zeilen',
  'told::several inputs': 'mehrere Eingänge',
  'told::"{0}" is to run once per item of "{1}", which takes {2}. {3}':
    '„{0}“ soll einmal je Element von „{1}“ laufen, das {2} nimmt. {3}',
  'told::Say what an item of a table is: with "by" a group, with "rows" so many rows.':
    'Sagen Sie, was ein Element einer Tabelle ist: mit "by" eine Gruppe, mit "rows" so viele Zeilen.',
  'told::An item of a list is a value; name an input or a parameter that takes one.':
    'Ein Element einer Liste ist ein Wert; nennen Sie einen Eingang oder Parameter, der einen nimmt.',
  'told::No {0} arrives at "{1}" of "{2}" that it could go through. Connect one.':
    'An „{1}“ von „{2}“ kommt nichts an ({0}), das sich durchgehen ließe. Verbinden Sie etwas.',
  'told::"{0}" goes through a list, and "{1}" gives metrics. Connect an output that gives a list.':
    '„{0}“ geht eine Liste durch, und „{1}“ gibt Metriken. Verbinden Sie einen Ausgang, der eine Liste gibt.',
  'told::"{0}" goes through a list, and "{1}" gives {2}. Write a list there, such as [1, 2, 3].':
    '„{0}“ geht eine Liste durch, und „{1}“ gibt {2}. Schreiben Sie dort eine Liste, etwa [1, 2, 3].',
  'told::must be of type {0}': 'muss vom Typ {0} sein',
  'told::must be {0} or more': 'muss {0} oder mehr sein',
  'told::must be {0} or less': 'muss {0} oder weniger sein',
  'told::must be one of {0}': 'muss eines von {0} sein',
  'told::Another one is named "{0}" already. Give "{1}" another name.':
    'Ein anderer heißt schon „{0}“. Geben Sie „{1}“ einen anderen Namen.',
  'told::"{0}" does not say which pipeline it runs. Choose one.':
    '„{0}“ sagt nicht, welche Pipeline es ausführt. Wählen Sie eine.',
  'told::"{0}" is to be repeated, but its pipeline has no output "{1}" that says whether to go on. Add one there, or do not repeat it.':
    '„{0}“ soll wiederholt werden, aber die Pipeline hat keinen Ausgang „{1}“, der sagt, ob es weitergeht. Fügen Sie ihn dort hinzu, oder wiederholen Sie nicht.',
  'told::{0} Open "{1}" and take over the ports of its pipeline as they are now.':
    '{0} Öffnen Sie „{1}“, und übernehmen Sie die Anschlüsse der Pipeline, wie sie jetzt sind.',
  'told::The pipeline behind "{0}" takes no "{1}" any more.': 'Die Pipeline hinter „{0}“ nimmt kein „{1}“ mehr.',
  'told::The pipeline behind "{0}" gives no "{1}" any more.': 'Die Pipeline hinter „{0}“ gibt kein „{1}“ mehr.',
  'told::The pipeline behind "{0}" needs {1} at "{2}", and nothing arrives there.':
    'Die Pipeline hinter „{0}“ braucht {1} an „{2}“, und dort kommt nichts an.',
  'told::The pipeline behind "{0}" takes {1} at "{2}" now.': 'Die Pipeline hinter „{0}“ nimmt an „{2}“ jetzt {1}.',
  'told::The pipeline behind "{0}" gives "{1}" otherwise than before.':
    'Die Pipeline hinter „{0}“ gibt „{1}“ anders als zuvor.',
  'told::"{0}" of "{1}"': '„{0}“ von „{1}“',
  'told::{0} takes no secret. Declare the parameter as a Secret in the code, or set a value.':
    '{0} nimmt kein Geheimnis. Erklären Sie den Parameter im Code als Secret, oder setzen Sie einen Wert.',
  'told::{0} is a secret, and what is written here could be read by everybody. Keep it under Settings, Secrets, and choose it by its name.':
    '{0} ist ein Geheimnis, und was hier steht, könnten alle lesen. Hinterlegen Sie es unter Einstellungen, Geheimnisse, und wählen Sie es nach seinem Namen.',
  'told::"{0}" needs a worker with the tag {1}, which none ever had. {2}, or start a worker with DRAWLOOM_TAGS={3}.':
    '„{0}“ braucht einen Worker mit dem Tag {1}, das noch keiner hatte. {2}, oder starten Sie einen Worker mit DRAWLOOM_TAGS={3}.',
  'told::Workers have {0}: choose among these': 'Worker haben {0}: wählen Sie daraus',
  'told::Take it out': 'Nehmen Sie es heraus',
  'told::Exit code {0}': 'Rückgabewert {0}',
  'told::Ended by the signal {0}': 'Durch das Signal {0} beendet',
  'told::Memory limit {0}': 'Speichergrenze {0}',
  'told::Held {0} at most{1}': 'Hielt höchstens {0}{1}',
  'told::, of {0}': ', von {0}',
  'told::Time limit {0}': 'Zeitgrenze {0}',
  'told::Took {0}, of {1}': 'Dauerte {0}, von {1}',
  'told::May wait {0} for its start': 'Darf {0} auf seinen Start warten',
  'told::The run may take {0}': 'Der Lauf darf {0} dauern',
  'told::May write {0}': 'Darf {0} schreiben',
  'told::Nothing is known of its worker': 'Von seinem Worker ist nichts bekannt',
  'told::Last sign of life of its worker at {0} UTC': 'Letztes Lebenszeichen seines Workers um {0} UTC',
  'told::; lost {0} times': '; {0}-mal verloren',
  'told::Line {0} of its code': 'Zeile {0} seines Codes',
  'told::No module “{0}”': 'Kein Modul „{0}“',
  'told::No column “{0}” among {1}': 'Keine Spalte „{0}“ unter {1}',
  'told::what arrived': 'dem, was ankam',
  'told::The input “{0}” is {1}': 'Der Eingang „{0}“: {1}',
  'told::The secret {0} is not set': 'Das Geheimnis {0} ist nicht gesetzt',
  'told::{0} of {1} items failed{2}': '{0} von {1} Elementen schlugen fehl{2}',
  'told::, item {0} first': ', zuerst Element {0}',
  'told::Run {0}, which it started': 'Lauf {0}, den er gestartet hat',
  'told::“{0}” did not succeed': '„{0}“ ging nicht gut aus',
  'told::It did well.': 'Es ging gut aus.',
  'told::Its code raised an error.': 'Sein Code meldete einen Fehler.',
  'told::It gave something else than it declares.': 'Er gab etwas anderes, als er erklärt.',
  'told::What arrived, or what is set, cannot be used.': 'Was ankam oder eingestellt ist, ist nicht brauchbar.',
  'told::It did not end within its time limit.': 'Er endete nicht innerhalb seiner Zeitgrenze.',
  'told::It could have begun, and did not within its limit.':
    'Er hätte beginnen können und tat es nicht innerhalb seiner Grenze.',
  'told::It needed more memory than it may use.': 'Er brauchte mehr Speicher, als er benutzen darf.',
  'told::There was no room left for what it wrote.': 'Für das, was er schrieb, war kein Platz mehr.',
  'told::Something outside of Drawloom, or a fault in compiled code, ended its process.':
    'Etwas außerhalb von Drawloom, oder ein Fehler in kompiliertem Code, beendete seinen Prozess.',
  'told::Its worker went away.': 'Sein Worker ging verloren.',
  'told::It could not be started or recorded; the fault is not in the node.':
    'Er konnte nicht gestartet oder festgehalten werden; der Fehler liegt nicht am Knoten.',
  'told::It was stopped.': 'Er wurde angehalten.',
  'told::The run that it started failed, or was stopped.':
    'Der Lauf, den er startete, schlug fehl oder wurde angehalten.',
  'told::Too many of the items that it goes through failed.': 'Zu viele der Elemente, die er durchgeht, schlugen fehl.',
  'told::Somebody who was asked to approve said no.': 'Jemand, der gefragt wurde, hat abgelehnt.',
  'told::Nobody approved in time.': 'Niemand hat rechtzeitig freigegeben.',
  'told::Something before it failed.': 'Etwas davor schlug fehl.',
  'told::It was not meant to run.': 'Er sollte nicht laufen.',
  'told::It waits for something that needs no worker.': 'Er wartet auf etwas, das keinen Worker braucht.',
  'told::It was stopped, because its run reached its time limit.':
    'Er wurde angehalten, weil sein Lauf die Zeitgrenze erreichte.',
  'told::Raise its memory limit to {0}, or let it work on less at once.':
    'Heben Sie seine Speichergrenze auf {0} an, oder lassen Sie ihn mit weniger auf einmal arbeiten.',
  'told::Raise its time limit to {0}, or let it do less.':
    'Heben Sie seine Zeitgrenze auf {0} an, oder lassen Sie ihn weniger tun.',
  'told::Raise its disk limit to {0}, or let it write less.':
    'Heben Sie seine Plattengrenze auf {0} an, oder lassen Sie ihn weniger schreiben.',
  'told::Let it wait {0} for its start.': 'Lassen Sie ihn {0} auf seinen Start warten.',
  'told::Give the run {0}, or less to do.': 'Geben Sie dem Lauf {0}, oder weniger zu tun.',
  'told::Look at line {0} of its code.': 'Sehen Sie sich Zeile {0} seines Codes an.',
  'told::Look at the end of its log.': 'Sehen Sie sich das Ende seines Protokolls an.',
  'told::Do without “{0}”, or have the package {1} added to the node’s environment by whoever runs this server.':
    'Kommen Sie ohne „{0}“ aus, oder lassen Sie das Paket {1} von dem, der diesen Server betreibt, zur Umgebung des Knotens hinzufügen.',
  'told::Write “{0}” in place of “{1}”, if that is what is meant.':
    'Schreiben Sie „{0}“ statt „{1}“, falls das gemeint ist.',
  'told::Set the secret {0} under Settings, Secrets.': 'Setzen Sie das Geheimnis {0} unter Einstellungen, Geheimnisse.',
  'told::Free some space on the server.': 'Schaffen Sie Platz auf dem Server.',
  'told::Add a worker, or slots to the pool that it waits for.':
    'Fügen Sie einen Worker hinzu, oder Plätze in dem Pool, auf den er wartet.',
  'told::Look at the worker’s own log.': 'Sehen Sie sich das Protokoll des Workers selbst an.',
  'told::Look at “{0}”.': 'Sehen Sie sich „{0}“ an.',
  'told::Look at run {0}.': 'Sehen Sie sich Lauf {0} an.',
  'told::Look at item {0}.': 'Sehen Sie sich Element {0} an.',
  'told::Run again what failed and what follows it.': 'Führen Sie erneut aus, was fehlschlug und was darauf folgt.',
  'told::{0} opens here and is never closed. Close it.':
    '{0} wird hier geöffnet und nie geschlossen. Schließen Sie es.',
  'told::"{0}" is used here and never imported. Write "{1}" at the top.':
    '„{0}“ wird hier benutzt und nie importiert. Schreiben Sie oben "{1}".',
  'told::The node’s function must not begin with "_", which marks helpers. Write for example "{0}".':
    'Die Funktion des Knotens darf nicht mit "_" beginnen, was Hilfsfunktionen kennzeichnet. Schreiben Sie zum Beispiel "{0}".',
  'told::The code declares no function. Write for example "{0}".':
    'Der Code erklärt keine Funktion. Schreiben Sie zum Beispiel "{0}".',
  'told::This function’s first line is too long, or nested too deep, to be read. Pass one table, or a dict.':
    'Die erste Zeile dieser Funktion ist zu lang oder zu tief verschachtelt, um gelesen zu werden. Übergeben Sie eine Tabelle oder ein dict.',
  'told::This function’s first line is not complete. Write "def name(inputs) -> result:".':
    'Die erste Zeile dieser Funktion ist nicht vollständig. Schreiben Sie "def name(inputs) -> result:".',
  'told::More than {0} ports or fields are too many. Pass one table, or a dict.':
    'Mehr als {0} Anschlüsse oder Felder sind zu viele. Übergeben Sie eine Tabelle oder ein dict.',
  'told::"*{0}" gives no port. Name each input, or take several at one port: "{1}: list[pd.DataFrame]".':
    '"*{0}" ergibt keinen Anschluss. Nennen Sie jeden Eingang, oder nehmen Sie mehrere an einem Anschluss: "{1}: list[pd.DataFrame]".',
  'told::"**{0}" gives no field. Name each parameter after a "*".':
    '"**{0}" ergibt kein Feld. Nennen Sie jeden Parameter nach einem "*".',
  'told::"{0}" is there twice. Give one of them another name.':
    '„{0}“ gibt es zweimal. Geben Sie einem einen anderen Namen.',
  'told::"{0}" cannot name a port or parameter: use English letters, digits and _, 63 at most.':
    '„{0}“ kann keinen Anschluss oder Parameter benennen: Nehmen Sie englische Buchstaben, Ziffern und _, höchstens 63.',
  'told::A secret travels along no edge, and "{0}" is one. Put it behind the "*", as a parameter.':
    'Ein Geheimnis geht durch keine Verbindung, und „{0}“ ist eines. Setzen Sie es hinter das "*", als Parameter.',
  'told::The type of "{0}" is none that travels between nodes, so its port takes anything. Use pd.DataFrame, Model, Metrics, Figure, Document, Path, Folder or a plain value.':
    'Der Typ von „{0}“ ist keiner, der zwischen Knoten reist, darum nimmt sein Anschluss alles. Nehmen Sie pd.DataFrame, Model, Metrics, Figure, Document, Path, Folder oder einen einfachen Wert.',
  'told::No form field fits the type of "{0}". Use int, float, str, bool, Literal[…], date, datetime, list[…] or dict; data comes in before the "*".':
    'Kein Formularfeld passt zum Typ von „{0}“. Nehmen Sie int, float, str, bool, Literal[…], date, datetime, list[…] oder dict; Daten kommen vor dem "*" herein.',
  'told::A tuple of any length gives no ports. Name each output: tuple[pd.DataFrame, pd.DataFrame].':
    'Ein Tupel beliebiger Länge ergibt keine Anschlüsse. Nennen Sie jeden Ausgang: tuple[pd.DataFrame, pd.DataFrame].',
  'told::the result': 'das Ergebnis',
  'told::A list of them cannot leave at one port. Return a tuple, which gives each its own port.':
    'Eine Liste davon kann nicht an einem Anschluss hinaus. Geben Sie ein Tupel zurück, das jedem einen eigenen gibt.',
  'told::"{0}" cannot name a port: use English letters, digits and _, 63 at most.':
    '„{0}“ kann keinen Anschluss benennen: Nehmen Sie englische Buchstaben, Ziffern und _, höchstens 63.',
  'told::Two outputs are named "{0}". Name one: Annotated[…, "other_name"].':
    'Zwei Ausgänge heißen „{0}“. Benennen Sie einen: Annotated[…, "other_name"].',
  'told::This line is indented, and the one above it opens no block. Move it back.':
    'Diese Zeile ist eingerückt, und die darüber öffnet keinen Block. Rücken Sie sie zurück.',
  'told::This line is indented as no block above it is. Line it up with the block that it belongs to.':
    'Diese Zeile ist eingerückt wie kein Block darüber. Rücken Sie sie so weit ein wie den Block, zu dem sie gehört.',
  'told::Nothing stands indented below this line, which ends with a colon. Write its body there, or "pass".':
    'Unter dieser Zeile, die mit einem Doppelpunkt endet, steht nichts eingerückt. Schreiben Sie dort, was geschehen soll, oder "pass".',
  'told::Tabs and spaces are mixed here, and Python takes no side. Indent with spaces only.':
    'Hier sind Tabulatoren und Leerzeichen gemischt, was Python nicht annimmt. Rücken Sie nur mit Leerzeichen ein.',
  'told::There is no query yet. Write a SELECT that names its input tables after FROM.':
    'Noch gibt es keine Abfrage. Schreiben Sie ein SELECT, das seine Eingangstabellen nach FROM nennt.',
  'told::A SQL node is one SELECT, and this begins with "{0}". Write SELECT …, WITH … SELECT or FROM ….':
    'Ein SQL-Knoten ist ein SELECT, und dieser beginnt mit "{0}". Schreiben Sie SELECT …, WITH … SELECT oder FROM ….',
  'told::A SQL node is one SELECT, and another statement follows here. Put it into a node of its own.':
    'Ein SQL-Knoten ist ein SELECT, und hier folgt eine weitere Anweisung. Setzen Sie sie in einen eigenen Knoten.',
  'told::This PIVOT lists no values, so its columns would depend on the data. Write ON column IN (value, …).':
    'Dieses PIVOT zählt keine Werte auf, seine Spalten hingen also von den Daten ab. Schreiben Sie ON column IN (value, …).',
  "told::{0} is a file read past the node's inputs. Read it with a Read file node and name that table here.":
    '{0} ist eine Datei, die an den Eingängen des Knotens vorbei gelesen wird. Lesen Sie sie mit einem Knoten „Datei lesen“, und nennen Sie hier jene Tabelle.',
  "told::{0}(…) reads past the node's inputs, so it could not be traced or reused. Read the data with a Read file node and name that table here.":
    '{0}(…) liest an den Eingängen des Knotens vorbei, was sich nicht nachverfolgen oder übernehmen ließe. Lesen Sie die Daten mit einem Knoten „Datei lesen“, und nennen Sie hier jene Tabelle.',
  'told::{0} names a table in a schema, and a node has only its inputs. Write the plain name of an input port.':
    '{0} nennt eine Tabelle in einem Schema, und ein Knoten hat nur seine Eingänge. Schreiben Sie den bloßen Namen eines Eingangs.',
  'told::"{0}" is a file read past the node\'s inputs. Read it with a Read file node and name that table here.':
    '„{0}“ ist eine Datei, die an den Eingängen des Knotens vorbei gelesen wird. Lesen Sie sie mit einem Knoten „Datei lesen“, und nennen Sie hier jene Tabelle.',
  'told::"{0}" cannot be an input port: a port\'s name has letters, digits and _ only, no spaces, and 63 characters at most. Rename the table.':
    '„{0}“ kann kein Eingang sein: Der Name hat nur Buchstaben, Ziffern und _, keine Leerzeichen, und höchstens 63 Zeichen. Benennen Sie die Tabelle um.',
  'told::{0} begins here and never ends. Close it with {1}.': '{0} beginnt hier und endet nie. Schließen Sie mit {1}.',
  'told::This comment': 'Dieser Kommentar',
  'told::This text': 'Dieser Text',
  'told::This name': 'Dieser Name',
  'told::{0} is a parameter without a name. Name it, for example $threshold, so that it gets a field in the form.':
    '{0} ist ein Parameter ohne Namen. Benennen Sie ihn, etwa $threshold, damit er ein Feld im Formular erhält.',
  'told::The query is nested more than {0} brackets deep here. Split it into several nodes.':
    'Die Abfrage ist hier mehr als {0} Klammern tief verschachtelt. Teilen Sie sie auf mehrere Knoten auf.',
  'told::"{0}" closes nothing. Remove it.': '„{0}“ schließt nichts. Entfernen Sie es.',
  'told::The code cannot be read as TypeScript in a reasonable time. Correct its first mistake, or nest it less.':
    'Der Code lässt sich nicht in vernünftiger Zeit als TypeScript lesen. Berichtigen Sie seinen ersten Fehler, oder verschachteln Sie ihn weniger.',
  'told::The code is nested too deep to be read. Split it into several functions.':
    'Der Code ist zu tief verschachtelt, um gelesen zu werden. Teilen Sie ihn in mehrere Funktionen.',
  'told::A TypeScript node is an exported function, and there is none. Write export default function run(table: Table): Table { … }.':
    'Ein TypeScript-Knoten ist eine exportierte Funktion, und es gibt keine. Schreiben Sie export default function run(table: Table): Table { … }.',
  'told::Line {0} does not read as TypeScript from here on. Look for a missing bracket, quote or comma.':
    'Zeile {0} liest sich ab hier nicht als TypeScript. Suchen Sie nach einer fehlenden Klammer, einem Anführungszeichen oder Komma.',
  'told::The object with the parameters stands last. Move it behind the ports.':
    'Das Objekt mit den Parametern steht zuletzt. Setzen Sie es hinter die Anschlüsse.',
  'told::"{0}" cannot be an input port: use letters, digits and _ only.':
    '„{0}“ kann kein Eingang sein: Nehmen Sie nur Buchstaben, Ziffern und _.',
  'told::A secret travels along no edge. Move it into the last object, as a parameter.':
    'Ein Geheimnis geht durch keine Verbindung. Setzen Sie es in das letzte Objekt, als Parameter.',
  'told::{0} is no kind of port. Use one of {1}, or unknown for anything.':
    '{0} ist keine Art von Anschluss. Nehmen Sie eine von {1}, oder unknown für alles.',
  'told::The function does not say what it returns, so the node has no outputs. Write a type behind its parameters, for example ): Table {.':
    'Die Funktion sagt nicht, was sie zurückgibt, darum hat der Knoten keine Ausgänge. Schreiben Sie einen Typ hinter ihre Parameter, zum Beispiel ): Table {.',
  'told::"{0}" cannot be an output port: use letters, digits and _ only, and each name once.':
    '„{0}“ kann kein Ausgang sein: Nehmen Sie nur Buchstaben, Ziffern und _, und jeden Namen einmal.',
};
