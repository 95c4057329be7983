# MuJoCo (Apache-2.0): the soft beam as a flexible grid, from its documented MJCF.
ABSENT = ["mujoco"]
MODEL = """<mujoco>
  <option timestep="0.001" integrator="discrete" solver="CG" tolerance="1e-6" gravity="0 0 -9.81"/>
  <worldbody>
    <flexcomp name="beam" type="grid" dim="3" count="{x1} {y1} {z1}" spacing="0.01 0.01 0.01" mass="{mass}" radius="0.001">
      <contact selfcollide="none" contype="0" conaffinity="0"/>
      <elasticity young="2e4" poisson="0.45"/>
      <pin gridrange="0 0 0 0 {y} {z}"/>
    </flexcomp>
  </worldbody>
</mujoco>"""


def work():
    import mujoco

    mujoco.set_mju_user_warning(lambda text: None)
    x, y, z = 40, 10, 10
    text = MODEL.format(x1=x + 1, y1=y + 1, z1=z + 1, y=y, z=z, mass=1000.0 * x * y * z * 1e-6)
    model = mujoco.MjModel.from_xml_string(text)
    data = mujoco.MjData(model)

    def steps(count):
        for _ in range(count):
            mujoco.mj_step(model, data)

    start = data.flexvert_xpos[:, 2].min()
    spent(lambda: steps(20))
    count, cpu_s = 0, 0.0
    while cpu_s < 3.0 and count < 1000:
        cpu_s += spent(lambda: steps(20))[0]
        count += 20
    fallen_mm = 1e3 * (data.flexvert_xpos[:, 2].min() - start)
    figures = {"beam": {"value": 1e3 * cpu_s / count, "result": f"lowest node {fallen_mm:.1f} mm after {data.time:.2f} s"}}
    return mujoco.__version__, figures


begin(work)
