/** Circles in a graph: for each node that is in one, the shortest that leads back to it; each circle once. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  for (const node of graph.keys()) {
    const circle = shortestWay(graph, node);
    if (circle) found.add(written(circle));
  }
  return [...found];
}

/** The shortest way from a node back to itself, the node first. */
function shortestWay(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const seen = new Set<string>();
  const ways = [[start]];
  for (const way of ways) {
    for (const next of graph.get(way.at(-1)!) ?? []) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

/** From whichever node one entered it, a circle reads the same. */
function written(circle: readonly string[]): string {
  const from = circle.indexOf([...circle].sort()[0]!);
  const turned = [...circle.slice(from), ...circle.slice(0, from)];
  return [...turned, turned[0]].join(' → ');
}
