export default function Page() {
  return <p>A page, without which webpack's build of an edge route is not whole.</p>;
}
