// The room in three dimensions: the patient frame in metres, seen from the palm side.

import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Frame, Pose, VesselState } from "./frame.js";
import type { Geometry, Tube } from "./link.js";

const RING = 16;
/** Colours that people with any colour vision tell apart (Okabe & Ito 2008). */
const COLOUR = { vein: 0x0072b2, artery: 0xd55e00, nerve: 0xf0e442, bone: 0xcfc8b8, skin: 0xc99a7c, robot: 0x8b96a5, needle: 0xe8edf2, probe: 0x2f4858, plan: 0x009e73 };
export const LAYERS = ["skin", "vein", "artery", "nerve", "bone", "robot"] as const;
export type Layer = (typeof LAYERS)[number];

export class Stage {
  private renderer: THREE.WebGLRenderer;
  private scene = new THREE.Scene();
  /** The patient frame in the space of the eyes: the same but in a headset. */
  private root = new THREE.Group();
  private camera = new THREE.PerspectiveCamera(38, 1, 0.005, 5);
  private orbit: OrbitControls;
  private arm = new THREE.Group();
  private layers = Object.fromEntries(LAYERS.map((l) => [l, new THREE.Group()])) as Record<Layer, THREE.Group>;
  private tubes: { tube: Tube; mesh: THREE.Mesh; drawn: string }[] = [];
  private needle = new THREE.Group();
  private probe: THREE.Mesh;
  private links: THREE.Mesh[] = [];
  private force: THREE.ArrowHelper;
  private skin: THREE.Mesh | null = null;
  private line: THREE.Line;
  /** Where the eyes were before they went into a headset. */
  private eyes: { position: THREE.Vector3; turn: THREE.Quaternion } | null = null;
  /** Makes the next picture; the headset calls it at its own rate. */
  onPicture: () => void = () => {};
  /** Script time of the last pictures [ms]. */
  readonly frameTimes: number[] = [];

  constructor(private canvas: HTMLCanvasElement) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.root.add(new THREE.HemisphereLight(0xffffff, 0x889099, 2.2));
    this.scene.add(this.root);
    const sun = new THREE.DirectionalLight(0xffffff, 1.6);
    sun.position.set(-0.3, -1, -0.4);
    this.root.add(sun, this.arm, this.layers.robot);
    for (const layer of LAYERS) if (layer !== "robot") this.arm.add(this.layers[layer]);
    this.camera.up.set(0, -1, 0);
    this.camera.position.set(-0.16, -0.26, -0.24);
    this.orbit = new OrbitControls(this.camera, canvas);
    this.orbit.target.set(0, 0.01, -0.03);
    this.orbit.minDistance = 0.03;
    this.orbit.maxDistance = 1.5;
    this.buildNeedle();
    this.probe = new THREE.Mesh(new THREE.BoxGeometry(0.042, 0.012, 0.03).translate(0, 0, -0.015), new THREE.MeshStandardMaterial({ color: COLOUR.probe, roughness: 0.6 }));
    this.force = new THREE.ArrowHelper(new THREE.Vector3(0, -1, 0), new THREE.Vector3(), 0.01, COLOUR.artery, 0.004, 0.003);
    this.line = new THREE.Line(new THREE.BufferGeometry().setFromPoints([new THREE.Vector3(), new THREE.Vector3(0, 0, 0.03)]), new THREE.LineDashedMaterial({ color: COLOUR.plan, dashSize: 0.002, gapSize: 0.001 }));
    this.line.computeLineDistances();
    this.root.add(this.probe, this.force, this.line);
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement ?? canvas);
    this.resize();
  }

  private buildNeedle(): void {
    // Tip at the origin, shaft towards −z: a needle of 0.8 mm and 32 mm with its hub.
    const steel = new THREE.MeshStandardMaterial({ color: COLOUR.needle, metalness: 0.7, roughness: 0.3 });
    const shaft = new THREE.Mesh(new THREE.CylinderGeometry(0.0004, 0.0004, 0.03, 12).rotateX(Math.PI / 2).translate(0, 0, -0.017), steel);
    const tip = new THREE.Mesh(new THREE.ConeGeometry(0.0004, 0.002, 12).rotateX(Math.PI / 2).translate(0, 0, -0.001), steel);
    const hub = new THREE.Mesh(new THREE.CylinderGeometry(0.003, 0.003, 0.03, 20).rotateX(Math.PI / 2).translate(0, 0, -0.047), new THREE.MeshStandardMaterial({ color: 0x3a7d5b, transparent: true, opacity: 0.8 }));
    this.needle.add(shaft, tip, hub);
    this.root.add(this.needle);
  }

  setGeometry(geometry: Geometry): void {
    for (const layer of LAYERS) {
      if (layer === "robot") continue;
      for (const part of [...this.layers[layer].children]) {
        part.removeFromParent();
        if (!(part instanceof THREE.Mesh)) continue;
        part.geometry.dispose();
        (part.material as THREE.Material).dispose();
      }
    }
    this.tubes = [];
    const { rows, columns, points_m } = geometry.skin;
    const skin = new THREE.BufferGeometry();
    skin.setAttribute("position", new THREE.Float32BufferAttribute(points_m, 3));
    skin.setIndex(gridIndex(rows, columns));
    skin.computeVertexNormals();
    this.skin = new THREE.Mesh(skin, new THREE.MeshStandardMaterial({ color: COLOUR.skin, roughness: 0.75, side: THREE.DoubleSide, transparent: true, depthWrite: false }));
    this.skin.renderOrder = 2;
    this.layers.skin.add(this.skin);
    for (const tube of geometry.tubes) {
      const body = new THREE.BufferGeometry();
      body.setAttribute("position", new THREE.BufferAttribute(new Float32Array(tube.nodes.length * RING * 3), 3));
      body.setIndex(gridIndex(tube.nodes.length, RING, true));
      const mesh = new THREE.Mesh(body, new THREE.MeshStandardMaterial({ color: COLOUR[tube.kind], roughness: 0.6, side: THREE.DoubleSide, transparent: true }));
      mesh.frustumCulled = false;
      this.layers[tube.kind].add(mesh);
      this.tubes.push({ tube, mesh, drawn: "" });
      shape(tube, mesh, null);
    }
  }

  fade(layer: Layer, opacity: number): void {
    this.layers[layer].visible = opacity > 0;
    this.layers[layer].traverse((part) => {
      if (part instanceof THREE.Mesh) (part.material as THREE.MeshStandardMaterial).opacity = opacity;
    });
  }

  /** Where the needle would go by hand; none hides the line. */
  showLine(entry: [number, number, number] | null, direction: [number, number, number]): void {
    this.line.visible = entry !== null;
    if (!entry) return;
    this.line.position.set(...entry);
    this.line.quaternion.setFromUnitVectors(new THREE.Vector3(0, 0, 1), new THREE.Vector3(...direction).normalize());
  }

  draw(frame: Frame, force_n: number): void {
    const began = performance.now();
    place(this.arm, frame.arm);
    place(this.needle, frame.needle);
    place(this.probe, frame.probe);
    this.drawLinks(frame.links);
    for (const entry of this.tubes) {
      const state = entry.tube.vessel === null ? null : (frame.vessels[entry.tube.vessel] ?? null);
      const key = state ? [state.across, state.depth, ...state.shift, state.arc].map((v) => v.toFixed(6)).join() : "";
      if (key === entry.drawn) continue;
      entry.drawn = key;
      shape(entry.tube, entry.mesh, state);
    }
    this.force.visible = Number.isFinite(force_n) && force_n > 0.01;
    if (this.force.visible) {
      const back = new THREE.Vector3(0, 0, -1).applyQuaternion(this.needle.quaternion);
      this.force.position.copy(this.needle.position);
      this.force.setDirection(back);
      this.force.setLength(0.004 + 0.02 * Math.min(force_n, 3), 0.004, 0.003);
    }
    // In a headset the eyes are where the head is.
    if (!this.eyes) this.orbit.update();
    this.renderer.render(this.scene, this.camera);
    this.frameTimes.push(performance.now() - began);
    if (this.frameTimes.length > 600) this.frameTimes.shift();
  }

  add(object: THREE.Object3D): void {
    this.root.add(object);
  }

  /** Show the room in a headset; the pose is the patient frame's in the wearer's space. */
  async enterHeadset(session: XRSession, at: { x: number; y: number; z: number }, turn: { x: number; y: number; z: number; w: number }): Promise<void> {
    const xr = this.renderer.xr;
    xr.enabled = true;
    xr.setReferenceSpaceType("local-floor");
    await xr.setSession(session);
    this.root.position.set(at.x, at.y, at.z);
    this.root.quaternion.set(turn.x, turn.y, turn.z, turn.w);
    this.eyes = { position: this.camera.position.clone(), turn: this.camera.quaternion.clone() };
    this.scene.background = new THREE.Color(0x22262c);
    this.renderer.setAnimationLoop(() => this.onPicture());
  }

  leaveHeadset(): void {
    this.renderer.setAnimationLoop(null);
    this.renderer.xr.enabled = false;
    this.scene.background = null;
    this.root.position.set(0, 0, 0);
    this.root.quaternion.identity();
    if (this.eyes) {
      this.camera.position.copy(this.eyes.position);
      this.camera.quaternion.copy(this.eyes.turn);
    }
    this.eyes = null;
    this.resize();
    this.onPicture();
  }

  /** A direction of the wearer's space in the patient frame. */
  inPatient(direction: THREE.Vector3): THREE.Vector3 {
    return direction.clone().applyQuaternion(this.root.quaternion.clone().invert());
  }

  /** Where a hand points from, in the wearer's space. */
  poseOf(source: XRInputSource): { position: THREE.Vector3; turn: THREE.Quaternion } | null {
    const space = this.renderer.xr.getReferenceSpace();
    const pose = space && this.renderer.xr.getFrame()?.getPose(source.targetRaySpace, space);
    if (!pose) return null;
    const { position: p, orientation: q } = pose.transform;
    return { position: new THREE.Vector3(p.x, p.y, p.z), turn: new THREE.Quaternion(q.x, q.y, q.z, q.w) };
  }

  /** The point of the skin that a ray meets (as the eyes see it), in the patient frame. */
  skinHit(from: THREE.Vector3, along: THREE.Vector3): [number, number, number] | null {
    if (!this.skin) return null;
    const hit = new THREE.Raycaster(from, along.clone().normalize()).intersectObject(this.skin, false)[0];
    if (!hit) return null;
    const { x, y, z } = this.arm.worldToLocal(hit.point.clone());
    return [x, y, z];
  }

  private drawLinks(links: Pose[]): void {
    while (this.links.length < Math.max(0, links.length - 1)) {
      const mesh = new THREE.Mesh(new THREE.CylinderGeometry(0.028, 0.028, 1, 20), new THREE.MeshStandardMaterial({ color: COLOUR.robot, roughness: 0.5, metalness: 0.2, transparent: true, opacity: 0.9 }));
      this.layers.robot.add(mesh);
      this.links.push(mesh);
    }
    this.links.forEach((mesh, i) => {
      const [a, b] = [new THREE.Vector3(...links[i]!.p), new THREE.Vector3(...links[i + 1]!.p)];
      const length = a.distanceTo(b);
      mesh.visible = length > 1e-3;
      if (!mesh.visible) return;
      mesh.position.copy(a).add(b).multiplyScalar(0.5);
      mesh.scale.set(1, length, 1);
      mesh.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), b.sub(a).normalize());
    });
  }

  /** The point of the skin under the mouse, in the patient frame. */
  pick(event: MouseEvent): [number, number, number] | null {
    if (!this.skin) return null;
    const box = this.canvas.getBoundingClientRect();
    const at = new THREE.Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    const ray = new THREE.Raycaster();
    ray.setFromCamera(at, this.camera);
    return this.skinHit(ray.ray.origin, ray.ray.direction);
  }

  private resize(): void {
    const box = this.canvas.parentElement ?? this.canvas;
    const [width, height] = [Math.max(1, box.clientWidth), Math.max(1, box.clientHeight)];
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }
}

function place(object: THREE.Object3D, pose: Pose): void {
  object.position.set(...pose.p);
  object.quaternion.set(...pose.q);
}

function gridIndex(rows: number, columns: number, closed = false): number[] {
  const index: number[] = [];
  const last = closed ? columns : columns - 1;
  for (let r = 0; r + 1 < rows; r++)
    for (let c = 0; c < last; c++) {
      const [a, b] = [r * columns + c, r * columns + ((c + 1) % columns)];
      index.push(a, b, a + columns, b, b + columns, a + columns);
    }
  return index;
}

/** Rings around the axis, filled and pushed as the scene says: the same bump along the course as in the scene. */
function shape(tube: Tube, mesh: THREE.Mesh, state: VesselState | null): void {
  const position = mesh.geometry.getAttribute("position") as THREE.BufferAttribute;
  const out = position.array as Float32Array;
  tube.nodes.forEach((n, row) => {
    const [t, i] = [n.slice(3, 6), n.slice(6, 9)] as [number[], number[]];
    const side = [t[1]! * i[2]! - t[2]! * i[1]!, t[2]! * i[0]! - t[0]! * i[2]!, t[0]! * i[1]! - t[1]! * i[0]!];
    const away = state && state.width > 0 ? (n[11]! - state.arc) / state.width : 0;
    const bump = state && state.width > 0 ? Math.exp(-0.5 * away * away) : 0;
    const [half, high] = [n[9]! * (state?.across ?? 1), n[10]! * (state?.depth ?? 1)];
    for (let k = 0; k < RING; k++) {
      const [c, s] = [Math.cos((2 * Math.PI * k) / RING) * half, Math.sin((2 * Math.PI * k) / RING) * high];
      for (let a = 0; a < 3; a++) out[(row * RING + k) * 3 + a] = n[a]! + side[a]! * c + i[a]! * s + bump * (state?.shift[a] ?? 0);
    }
  });
  position.needsUpdate = true;
  mesh.geometry.computeVertexNormals();
}
