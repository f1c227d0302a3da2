/** While a wire is dragged over a port that cannot take it: why not. */
import { useConnection } from '@xyflow/react';
import { useEffect } from 'react';
import { refusal } from '../document/connect.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import styles from './Canvas.module.css';
import { announce, useView } from './view.ts';
import { edgeOf } from './wires.ts';

export function WireHint() {
  const drawing = useDrawingObject();
  const wire = useView((view) => view.wire);
  const toNode = useConnection((connection) => connection.toHandle?.nodeId ?? null);
  const toPort = useConnection((connection) => connection.toHandle?.id ?? null);
  const toType = useConnection((connection) => connection.toHandle?.type ?? null);
  const pointer = useConnection((connection) => connection.pointer ?? null);
  const over =
    wire && toNode && toPort && !(toNode === wire.node && toPort === wire.port) ? { node: toNode, port: toPort } : null;
  const sameSide = over && toType === (wire!.end === 'from' ? 'source' : 'target');
  const refused = over && !sameSide ? refusal(drawing.document, drawing.shapes, edgeOf(wire!, over)) : null;
  const circle = refused?.cycle ?? null;
  const message = refused?.message;
  const circleKey = circle?.join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: by the names in the circle, not by the array
  useEffect(() => {
    useView.setState({ circle: circle });
    if (message) announce(message);
    return () => useView.setState({ circle: null });
  }, [circleKey, message]);
  if (!refused || !pointer) return null;
  return (
    <div
      className={styles.hint}
      data-refused=""
      role="status"
      data-testid="refusal"
      style={{ left: pointer.x + 18, top: pointer.y + 14 }}
    >
      {refused.message}
    </div>
  );
}
