"""The generated pages in Chinese: one line for each code, from the catalogue, and for each field of the API."""

from collections.abc import Iterable

from manual.codes import HEADINGS, page_of
from specc.diagnostics import Code
from specc.diagnostics.remedies import REMEDIES
from specc.language.catalogue import catalogue_of
from specc.project import Apis
from specc.schema import Field

STAGES = {
    "Reading YAML": "读取 YAML",
    "Structure and composition": "结构与组合",
    "Templates": "模板",
    "The API's schema": "API 的 schema",
    "Rules": "规则",
    "Units and lowering": "单位与换算",
    "Submission": "提交",
    "API tables": "API 表格",
    "sbatch scripts": "sbatch 脚本",
    "Configuration": "配置",
}
CODES = """# 诊断代码

代码的含义从不改变，也从不重复使用；严重程度可能改变。百位数字表示由哪个阶段发现。点击代码可以看到原因和正误示例（英文）；
`specc rules CODE` 在终端中显示同样的内容。
"""
FIELDS = """# 作业的字段

`job` 中可以写的字段，名称与 API 相同。specc 接受的写法（例如 `64GiB`）见[规格语言](language.md)。
标注“自动填写”的字段在发送时填写，不能写在规格中。
"""
MEANINGS = {
    "timestamp": "请求的时间",
    "cluster_id": "作业所在集群的 id",
    "zone": "集群所在区域的 id",
    "run_user": "运行作业的集群用户",
    "name": "作业名称",
    "hpcqueue_id": "运行作业的队列 id",
    "input_file": "作业输入文件的路径",
    "core_limit": "核心数；没有其他要求时为 1，不超过队列所有的核心数",
    "submit_type": "作业的提交方式：0 为控制台，1 为命令行工具",
    "priority": "作业的优先级",
    "cmd_line": "作业的命令：直接输入，或来自上传的文件",
    "cmd_line_type": "命令的方式：`input` 为直接输入的命令",
    "mem_limit": "作业的内存限制",
    "resource_limit": "作业使用的资源限制",
    "scheduler_queue_name": "队列在调度系统中的名称",
    "stderr_redirect_path": "接收作业标准错误的文件的路径",
    "stdout_redirect_path": "接收作业标准输出的文件的路径",
    "time_limit": "作业的运行时限",
}
"""What fields are that the API's page describes in English."""


def codes_page(codes: Iterable[Code]) -> str:
    """Return the table of all codes, with what each says and what to do about it."""
    translate = catalogue_of("zh_CN").translate
    text, heading = CODES, ""
    for code in sorted(codes, key=lambda each: each.code):
        named = HEADINGS.get(code.code[:5]) or HEADINGS[code.code[:4]]
        if named != heading:
            heading = named
            text += f"\n## {STAGES[heading]}\n\n| 代码 | 名称 | 严重程度 | 含义 | 处理办法 |\n|---|---|---|---|---|\n"
        remedy = translate(REMEDIES[code.code]).replace("|", "\\|") if code.code in REMEDIES else "见示例"
        linked = f"[{code.code}](../{page_of(code)})"
        severity, summary = translate(code.severity.value), translate(code.summary)
        text += f"| {linked} | {code.slug} | {severity} | {summary} | {remedy} |\n"
    return text


def fields_page(apis: Apis) -> str:
    """Return the tables of the fields of each API version."""
    text = FIELDS
    for name in apis:
        text += f"\n## {name}\n\n| 字段 | 类型 | 必选 | 含义 |\n|---|---|---|---|\n"
        for field in apis[name].fields.values():
            needed = "自动填写" if field.filled_by_transport else "是" if field.required else "否"
            text += f"| `{field.name}` | {field.type} | {needed} | {meaning(field)} |\n"
    return text


def meaning(field: Field) -> str:
    """Return what a field is: in the words of the API's page, where these are Chinese. Raises KeyError for others."""
    said = " ".join(field.description.split())
    is_chinese = any("\u4e00" <= char <= "\u9fff" for char in said)
    return said if is_chinese else MEANINGS[field.name]
