// The tables of eval_tasks.h.
#include "datasets/eval/eval_tasks.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "datasets/eval/families.h"

namespace fp8bench {
namespace {

constexpr const char* kStem[] = {"abstract_algebra",
                                 "anatomy",
                                 "astronomy",
                                 "college_biology",
                                 "college_chemistry",
                                 "college_computer_science",
                                 "college_mathematics",
                                 "college_physics",
                                 "computer_security",
                                 "conceptual_physics",
                                 "electrical_engineering",
                                 "elementary_mathematics",
                                 "high_school_biology",
                                 "high_school_chemistry",
                                 "high_school_computer_science",
                                 "high_school_mathematics",
                                 "high_school_physics",
                                 "high_school_statistics",
                                 "machine_learning"};
constexpr const char* kOther[] = {"business_ethics",
                                  "clinical_knowledge",
                                  "college_medicine",
                                  "global_facts",
                                  "human_aging",
                                  "management",
                                  "marketing",
                                  "medical_genetics",
                                  "miscellaneous",
                                  "nutrition",
                                  "professional_accounting",
                                  "professional_medicine",
                                  "virology"};
constexpr const char* kSocialSciences[] = {"econometrics",
                                           "high_school_geography",
                                           "high_school_government_and_politics",
                                           "high_school_macroeconomics",
                                           "high_school_microeconomics",
                                           "high_school_psychology",
                                           "human_sexuality",
                                           "professional_psychology",
                                           "public_relations",
                                           "security_studies",
                                           "sociology",
                                           "us_foreign_policy"};
constexpr const char* kHumanities[] = {"formal_logic",
                                       "high_school_european_history",
                                       "high_school_us_history",
                                       "high_school_world_history",
                                       "international_law",
                                       "jurisprudence",
                                       "logical_fallacies",
                                       "moral_disputes",
                                       "moral_scenarios",
                                       "philosophy",
                                       "prehistory",
                                       "professional_law",
                                       "world_religions"};

EvalTaskInfo bfcl_category(const char* category, const char* about) {
  EvalTaskInfo info{fmt::format("bfcl_{}", category),
                    "generate_until",
                    0,
                    0,
                    {{{fmt::format("eval/bfcl/BFCL_v4_{}.json", category)}}},
                    {},
                    about,
                    make_bfcl};
  if (info.name != "bfcl_irrelevance")
    info.files.push_back({{fmt::format("eval/bfcl/possible_answer/BFCL_v4_{}.json", category)}});
  return info;
}

EvalTaskInfo mmlu_subject(const char* subject) {
  return {fmt::format("mmlu_{}", subject),
          "multiple_choice",
          1.0,
          0,
          {{{fmt::format("eval/mmlu/test/{}_test.csv", subject)}}},
          {{{fmt::format("eval/mmlu/dev/{}_dev.csv", subject)}}},
          "MMLU, one of 57 subjects; group mmlu, published with 5 shots",
          make_mmlu};
}

std::vector<EvalTaskInfo> all_tasks() {
  const DataFile winogrande{{"eval/winogrande/dev.jsonl"}}, truthfulqa{{"eval/truthfulqa/v0/mc_task.json"}};
  std::vector<EvalTaskInfo> tasks = {
      {"arc_easy",
       "multiple_choice",
       1.0,
       0,
       {{{"eval/arc/ARC-Easy-Test.reconstructed.jsonl", "eval/arc/ARC-Easy-Test.jsonl"}}},
       {{{"eval/arc/ARC-Easy-Train.jsonl"}}},
       "school science questions",
       make_arc},
      {"arc_challenge",
       "multiple_choice",
       1.0,
       0,
       {{{"eval/arc/ARC-Challenge-Test.reconstructed.jsonl", "eval/arc/ARC-Challenge-Test.jsonl"}}},
       {{{"eval/arc/ARC-Challenge-Train.jsonl"}}},
       "the hard ones of them; published with 25 shots",
       make_arc},
      {"boolq",
       "multiple_choice",
       2.0,
       0,
       {{{"eval/boolq/dev.jsonl"}}},
       {{{"eval/boolq/train.jsonl"}}},
       "yes or no after a passage",
       make_boolq,
       "passage"},  // several questions about one
      {"gsm8k",
       "generate_until",
       3.0,
       5,
       {{{"eval/gsm8k/test.jsonl"}}},
       {{{"eval/gsm8k/train.jsonl"}}},
       "word problems, worked in text; strict and flexible extraction",
       make_gsm8k},
      {"hellaswag",
       "multiple_choice",
       1.0,
       0,
       {{{"eval/hellaswag/hellaswag_val.jsonl"}}},
       {{{"eval/hellaswag/hellaswag_train.jsonl"}}},
       "which ending follows; published with 10 shots",
       make_hellaswag},
      {"hellaswag_preprocessed",
       "multiple_choice",
       0,
       0,
       {{{"eval/hellaswag/hellaswag_val_full.txt", "eval/hellaswag/hellaswag_val_full.txt.bz2"}}},
       {},
       "the same items from a text that was cleaned otherwise: not comparable with hellaswag",
       make_hellaswag_preprocessed},
      {"hendrycks_math500",
       "generate_until",
       1.0,
       0,
       {{{"eval/math500/test.jsonl"}}},
       {},
       "MATH-500; graded by normalised string equivalence, no algebra",
       make_math500},
      {"ifeval",
       "generate_until",
       4.0,
       0,
       {{{"eval/ifeval/input_data.jsonl"}}},
       {},
       "25 kinds of instructions that can be checked; those that need a language detector are counted apart",
       make_ifeval},
      {"lambada_openai",
       "loglikelihood",
       1.0,
       0,
       {{{"eval/lambada/lambada_test.jsonl"}}},
       {},
       "the last word of a passage",
       make_lambada},
      {"lambada_standard",
       "loglikelihood",
       1.0,
       0,
       {{{"eval/lambada/lambada_test_plain_text.txt"}}},
       {},
       "the same in the authors' text",
       make_lambada},
      {"piqa",
       "multiple_choice",
       1.0,
       0,
       {{{"eval/piqa/valid.jsonl"}}, {{"eval/piqa/valid-labels.lst"}}},
       {{{"eval/piqa/train.jsonl"}}, {{"eval/piqa/train-labels.lst"}}},
       "which way reaches the goal",
       make_piqa},
      {"truthfulqa_mc1",
       "multiple_choice",
       2.0,
       0,
       {truthfulqa},
       {},
       "questions that invite a wrong answer, one is right",
       make_truthfulqa},
      {"truthfulqa_mc2", "multiple_choice", 3.0, 0, {truthfulqa}, {}, "the same, several are right", make_truthfulqa},
      {"wikitext",
       "loglikelihood_rolling",
       2.0,
       0,
       {{{"eval/wikitext-2-raw/wiki.test.raw"}}},
       {},
       "perplexity of WikiText-2 per word and per byte, bits per byte",
       make_wikitext},
      {"winogrande",
       "multiple_choice",
       1.0,
       0,
       {winogrande},
       {{{"eval/winogrande/train_xl.jsonl"}}},
       "who is meant; partial evaluation, published with 5 shots",
       make_winogrande},
  };
  tasks.push_back(bfcl_category("simple_python", "tool calling: one function, one call; by the official checker"));
  tasks.push_back(bfcl_category("multiple", "tool calling: several functions, one call"));
  tasks.push_back(bfcl_category("parallel", "tool calling: one function, several calls"));
  tasks.push_back(bfcl_category("irrelevance", "tool calling: no function fits, no call is right"));
  const auto add_subjects = [&](std::span<const char* const> subjects) {
    for (const char* subject : subjects) tasks.push_back(mmlu_subject(subject));
  };
  add_subjects(kStem), add_subjects(kOther), add_subjects(kSocialSciences), add_subjects(kHumanities);
  return tasks;
}

EvalGroup mmlu_group(const char* name, std::span<const char* const> subjects) {
  EvalGroup group{fmt::format("mmlu_{}", name), {}, "acc", 2};
  for (const char* subject : subjects) group.members.push_back(fmt::format("mmlu_{}", subject));
  return group;
}

std::vector<EvalGroup> all_groups() {
  return {
      mmlu_group("stem", kStem),
      mmlu_group("other", kOther),
      mmlu_group("social_sciences", kSocialSciences),
      mmlu_group("humanities", kHumanities),
      {"mmlu", {"mmlu_stem", "mmlu_other", "mmlu_social_sciences", "mmlu_humanities"}, "acc", 2},
      {"ai2_arc", {"arc_challenge", "arc_easy"}, "", 0},
      {"lambada", {"lambada_openai", "lambada_standard"}, "", 0},
      {"truthfulqa_mc", {"truthfulqa_mc1", "truthfulqa_mc2"}, "", 0},
  };
}

template <typename Row>
const Row* find_row(std::span<const Row> rows, std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::span<const EvalTaskInfo> eval_tasks() {
  static const std::vector<EvalTaskInfo> kTasks = all_tasks();
  return kTasks;
}

const EvalTaskInfo* find_eval_task(std::string_view name) { return find_row(eval_tasks(), name); }

std::vector<std::string> missing_files(const EvalTaskInfo& info, const std::string& data, bool with_shots) {
  std::vector<std::string> missing;
  const auto look = [&](const std::vector<DataFile>& files) {
    for (const DataFile& file : files) {
      const bool there = std::any_of(file.paths.begin(), file.paths.end(), [&](const std::string& path) {
        return std::filesystem::is_regular_file(std::filesystem::path(data) / path);
      });
      if (!there) missing.push_back(file.paths.front());
    }
  };
  look(info.files);
  if (with_shots) look(info.shot_files);
  return missing;
}

std::span<const EvalGroup> eval_groups() {
  static const std::vector<EvalGroup> kGroups = all_groups();
  return kGroups;
}

const EvalGroup* find_eval_group(std::string_view name) { return find_row(eval_groups(), name); }

std::vector<std::string> tasks_of(std::string_view name) {
  if (find_eval_task(name) != nullptr) return {std::string(name)};
  std::vector<std::string> tasks;
  if (const EvalGroup* group = find_eval_group(name))
    for (const std::string& member : group->members)
      for (std::string& task : tasks_of(member)) tasks.push_back(std::move(task));
  return tasks;
}

}  // namespace fp8bench
