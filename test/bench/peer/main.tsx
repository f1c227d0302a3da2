/** The peer: the same graph on React Flow as its first page of documentation shows it. Every node mounted, every size measured. */
import '@xyflow/react/dist/style.css';
import {
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  useNodesState,
} from '@xyflow/react';
import { memo } from 'react';
import { createRoot } from 'react-dom/client';
import { bigPipeline } from '../bigPipeline.ts';

const document_ = bigPipeline(Number(new URLSearchParams(location.search).get('nodes') ?? 200));

/** About as much in it as in our card: a head, a line, ports with names, a foot. */
const Card = memo(function Card({ data }: NodeProps<Node<{ name: string; inputs: string[]; outputs: string[] }>>) {
  return (
    <article
      style={{
        width: 232,
        border: '1px solid #d2d9dc',
        borderRadius: 10,
        background: '#fff',
        font: '13px/20px sans-serif',
      }}
    >
      <header style={{ display: 'flex', gap: 8, padding: 8 }}>
        <span style={{ width: 22, height: 22, background: '#e8edf0' }}>
          <svg width="14" height="14" aria-hidden="true">
            <path d="M2 2h10v10H2z" fill="none" stroke="#535c63" />
          </svg>
        </span>
        <h3 style={{ margin: 0, font: 'inherit' }}>{data.name}</h3>
      </header>
      <div style={{ padding: '0 12px' }}>a line about it</div>
      {data.inputs.map((name, index) => (
        <div key={name}>
          <Handle type="target" id={name} position={Position.Left} style={{ top: 70 + index * 20 }} />
          <span style={{ padding: '0 12px' }}>{name}</span>
        </div>
      ))}
      {data.outputs.map((name) => (
        <div key={name} style={{ textAlign: 'right' }}>
          <span style={{ padding: '0 12px' }}>{name}</span>
          <Handle type="source" id={name} position={Position.Right} style={{ top: 70 }} />
        </div>
      ))}
      <footer style={{ borderTop: '1px solid #d2d9dc', padding: '0 12px' }}>a foot</footer>
    </article>
  );
});
const nodeTypes = { card: Card };
const nodes = Object.entries(document_.nodes).map(([id, node]) => ({
  id,
  type: 'card' as const,
  position: document_.looks.positions[id] ?? { x: 0, y: 0 },
  data: {
    name: node.name,
    inputs: Object.values(document_.edges).flatMap((edge) => (edge.to.node === id ? [edge.to.port] : [])),
    outputs: ['table'],
  },
}));
const edges: Edge[] = Object.entries(document_.edges).map(([id, edge]) => ({
  id,
  source: edge.from.node,
  target: edge.to.node,
  sourceHandle: edge.from.port,
  targetHandle: edge.to.port,
}));

function Plain() {
  const [shown, , change] = useNodesState(nodes);
  return (
    <ReactFlow
      nodes={shown}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodesChange={change}
      minZoom={0.02}
      defaultViewport={{ x: 32, y: 32, zoom: 0.8 }}
    >
      <Controls />
    </ReactFlow>
  );
}
createRoot(document.getElementById('root')!).render(<Plain />);
