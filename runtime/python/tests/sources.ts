/** Decides on which sources the editor's reader and Python's own must say the same: one for each thing a signature can hold. */

const imports = `from __future__ import annotations
import dataclasses
import datetime
import typing
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, NamedTuple, Optional, Sequence, Tuple, TypedDict, Union
import pandas as pd
import polars as pl
import pyarrow as pa
from matplotlib.figure import Figure
import sklearn.base
from sklearn.linear_model import LogisticRegression
import drawloom
from drawloom import Document, File, Folder, Metrics, Model, Secret, Table
`;
const plain = imports.replace('from __future__ import annotations\n', '');

export const sources: Record<string, string> = {
  'the example of the design': `import pandas as pd
from drawloom import Model
def train(flights: pd.DataFrame, *, learning_rate: float = 0.1, seed: int = 7) -> Model: ...`,
  'nothing annotated': `def f(a, b=1, *, c, d=2.0):\n    return a`,
  'nothing returned': `def f(a):\n    """return a"""\n    # return a\n    return\n`,
  'a return in a helper inside': `def f(a):\n    def g():\n        return 1\n    print(g())\n`,
  'no parameters at all': `def now() -> str:\n    return ''`,
  'helpers before, a private one after': `def helper(x): return x\ndef main(a: int) -> int: return helper(a)\ndef _hidden(z): pass\nif True:\n    def nested(q): pass\n`,
  'every kind as an input': `${plain}def f(a: pd.DataFrame, b: pl.DataFrame, c: pl.LazyFrame, d: pa.Table, e: Table, g: Model, h: LogisticRegression, i: sklearn.base.BaseEstimator, j: Metrics, k: dict[str, float], l: Figure, m: drawloom.Figure, n: Document, o: File, p: Path, q: Folder, r: int, s: float, t: str, u: bool, v: list, w: dict, x: Any, y: list[int], z: date) -> None: ...`,
  'every kind as an output': `${plain}def f(a) -> tuple[pd.DataFrame, Model, Metrics, Figure, Document, File, Folder, int]: ...`,
  'annotations as texts': `${imports}def f(a: pd.DataFrame, *, b: int = 1) -> tuple[Model, Metrics]: ...`,
  'a quoted annotation': `${plain}def f(a: "pd.DataFrame", b: "Optional[Model]" = None) -> "pd.DataFrame": ...`,
  'optional inputs': `${plain}def f(a: pd.DataFrame | None, b: Optional[pd.DataFrame], c: Union[pd.DataFrame, None] = None, d: pd.DataFrame = None) -> None: ...`,
  'several at one port': `${plain}def f(a: list[pd.DataFrame], b: List[Model], c: Sequence[Path] = ()) -> None: ...`,
  'lists that are values': `${plain}def f(a: list[int], b: List[str], c: list[dict[str, float]], d: list) -> list[int]: ...`,
  'metrics and other dicts': `${plain}def f(a: dict[str, float], b: Dict[str, float], c: dict[str, int], d: dict) -> dict[str, float]: ...`,
  'a union of kinds': `${plain}def f(a: pd.DataFrame | pl.DataFrame, b: pd.DataFrame | Model, c: int | str) -> pd.DataFrame | pl.DataFrame: ...`,
  'a description of an input': `${plain}def f(a: Annotated[pd.DataFrame, "one row per flight"], b: Annotated[int, 3] = 1) -> None: ...`,
  'repeated kinds are counted': `${plain}def f(a) -> tuple[pd.DataFrame, pd.DataFrame, Model]: ...`,
  'names for outputs': `${plain}def f(a) -> tuple[Annotated[pd.DataFrame, "train"], Annotated[pd.DataFrame, "test", "the later rows"], pd.DataFrame]: ...`,
  'a name for one output': `${plain}def f(a) -> Annotated[pd.DataFrame, "left"]: ...`,
  'a text that is no name': `${plain}def f(a) -> Annotated[pd.DataFrame, "the left part"]: ...`,
  'two outputs of one name': `${plain}def f(a) -> tuple[Annotated[Model, "x"], Annotated[Metrics, "x"]]: ...`,
  'an optional output': `${plain}def f(a) -> tuple[pd.DataFrame, Optional[Figure]]: ...`,
  'an old tuple': `${plain}def f(a) -> Tuple[Model, Metrics]: ...`,
  'an open tuple': `${plain}def f(a) -> tuple[pd.DataFrame, ...]: ...`,
  'a NamedTuple': `${plain}class Parts(NamedTuple):\n    """Both parts."""\n    train: pd.DataFrame\n    test: Annotated[pd.DataFrame, "later rows"]\n    report: Optional[Document] = None\n    def size(self): return 1\n\ndef split(a: pd.DataFrame) -> Parts: ...`,
  'a TypedDict': `${plain}class Parts(TypedDict):\n    train: pd.DataFrame\n    model: Model\n\ndef split(a) -> Parts: ...`,
  'a partial TypedDict': `${plain}class Parts(TypedDict, total=False):\n    train: pd.DataFrame\n\ndef split(a) -> Parts: ...`,
  'a dataclass': `${plain}@dataclass(frozen=True)\nclass Parts:\n    train: pd.DataFrame\n    auc: float = 0.5\n\ndef split(a) -> Parts: ...`,
  'a dataclass with annotations as texts': `${imports}@dataclasses.dataclass\nclass Parts:\n    train: pd.DataFrame\n    test: Optional[pd.DataFrame] = None\n\ndef split(a) -> Parts: ...`,
  'plain parameters': `${plain}def f(*, a: int, b: float, c: str, d: bool, e: date, g: datetime.datetime, h: datetime.time, i: list, j: dict, k: Any, l: Path) -> None: ...`,
  'parameters with defaults': `${plain}def f(*, a: int = -3, b: float = 1e-3, c: str = 'it\\'s', d: bool = True, e: date = date(2013, 1, 31), g: datetime.datetime = datetime.datetime(2013, 1, 1, 5, 30), i: list = [1, 2.5, 'x', None], j: dict = {'a': {'b': [True]}}, k: str = "a" 'b', l: float = 1_000.5, m: int = 0xff) -> None: ...`,
  'defaults without annotations': `${plain}def f(*, a=1, b=0.5, c='x', d=False, e=None, g=[1], h={'a': 1}, i=(1, 2), j=date(2013, 1, 1)) -> None: ...`,
  'constants as defaults': `RATE = 0.1\nHOUR = 60 * 60\nNAMES = ['a', 'b']\ndef f(*, rate: float = RATE, hour: int = HOUR, names: list[str] = NAMES, half=1 / 2, double=2 * 3) -> None: ...`,
  choices: `${plain}def f(*, a: Literal['x', 'y'] = 'x', b: Literal[1, 2, 3], c: Literal['x', 1] = 1, d: Optional[Literal['x']] = None) -> None: ...`,
  'an enum': `${plain}class Kind(Enum):\n    MEAN = 'mean'\n    MEDIAN = "median"\n\ndef f(*, kind: Kind = Kind.MEAN, other=Kind.MEDIAN, maybe: Optional[Kind] = None) -> None: ...`,
  'lists and objects as parameters': `${plain}def f(*, a: list[str], b: list[Literal['x', 'y']] = [], c: dict[str, int] = {}, d: tuple[float, float] = (0.0, 1.0), e: tuple[int, ...] = (), g: set[int], h: List[float], i: Dict[str, Any] = {}) -> None: ...`,
  'optional parameters': `${plain}def f(*, a: int | None = None, b: Optional[str], c: int = None, d: Optional[list[int]] = None, e: date | None = None) -> None: ...`,
  'unions as parameters': `${plain}def f(*, a: int | float = 1, b: int | str, c: Union[str, list[str]] = 'x', d: Union[int, str, None] = None) -> None: ...`,
  'hints for the form': `${plain}def f(*, a: Annotated[float, "Share of rows", {"minimum": 0, "maximum": 1, "widget": "share"}] = 0.2, b: Annotated[Optional[int], {"group": "More"}] = None, c: Annotated[list[str], {"widget": "columns", "of": "table"}] = []) -> None: ...`,
  'hints that are none': `${plain}def f(*, a: Annotated[str, {"pattern": "(a+)+", "$ref": "#", "type": "x", "title": 5, "advanced": 1, "maxLength": True}] = "", b: Annotated[int, {"enum": [[1]], "multipleOf": 0, "minimum": "1", "maxItems": 2, "examples": [1, None]}] = 0) -> None: ...`,
  'an alias of the same code': `${plain}Frame = pd.DataFrame\nRate = Annotated[float, "a rate"]\ndef f(a: Frame, *, b: Rate = 0.5) -> Frame: ...`,
  'a class of the same code': `${plain}class Mine(sklearn.base.BaseEstimator):\n    def fit(self): pass\nclass Other:\n    def predict(self, x): pass\nclass Third:\n    pass\ndef f(a: Mine, b: Other, c: Third) -> Mine: ...`,
  'other names for imports': `import pandas\nimport polars as frames\nfrom drawloom import Model as Trained, Metrics as Numbers\nfrom xgboost import XGBClassifier, Booster\ndef f(a: pandas.DataFrame, b: frames.LazyFrame, c: XGBClassifier, d: Booster) -> tuple[Trained, Numbers]: ...`,
  'imports in brackets': `from drawloom import (\n    Model,  # trained\n    Metrics as M,\n)\ndef f(a: Model) -> M: ...`,
  'positional only, several lines, comments': `${plain}def f(\n    a: pd.DataFrame,  # the flights\n    /,\n    b: Model,\n    *,\n    c: int = (\n        3\n    ),\n) -> (\n    pd.DataFrame\n):\n    ...`,
  'decorated and async': `${plain}import functools\n@functools.wraps(\n    print, assigned=()\n)\ndef decorated(a: int) -> None: ...\ndecorated = None\nasync def f(a: pd.DataFrame) -> int: ...`,
  'a default that only Python knows': `${plain}import math\ndef f(*, a: float = math.pi + 0, b: list = sorted([2, 1])) -> None: ...`,
  secrets: `${plain}from drawloom import Secret as Hidden\ndef f(a: Secret, *, b: Secret, c: Hidden, d: Optional[Secret] = None, e: list[Secret], g: Annotated[Secret, "of the mail server"], h: drawloom.Secret) -> Secret: ...`,
  'secrets in annotations as texts': `${imports}def f(*, b: Secret, d: Secret | None = None) -> None: ...`,
  'a class of its own that is called Secret': `class Secret:\n    pass\ndef f(a: Secret, *, b: Secret) -> None: ...`,
  'types that do not travel': `${plain}def f(a: bytes, b: pd.Series, c: complex) -> bytes: ...`,
  'strings that look like code': `X = """\ndef fake(a: int) -> int:\n    return 1\n"""\ndef f(a: str = "):", *, b: str = 'def g(x):') -> str:\n    return a\n`,
};
