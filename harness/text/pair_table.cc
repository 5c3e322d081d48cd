#include <bit>

#include "harness/text/bpe.h"

namespace fp8bench {
namespace {

uint64_t key_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

PairTable::PairTable(size_t expected) : slots_(std::bit_ceil(2 * expected + 16)) {}

size_t PairTable::slot_of(uint64_t key) const {
  const uint64_t mixed = (key ^ key >> 29) * 0x9E3779B97F4A7C15u;
  const size_t mask = slots_.size() - 1;
  size_t slot = static_cast<size_t>(mixed >> 32) & mask;
  while (slots_[slot].key != key && slots_[slot].key != kNoKey) slot = (slot + 1) & mask;
  return slot;
}

const PairTable::Entry* PairTable::find(int32_t left, int32_t right) const {
  const Entry& entry = slots_[slot_of(key_of(left, right))];
  return entry.key == kNoKey ? nullptr : &entry;
}

PairTable::Entry& PairTable::insert(int32_t left, int32_t right) {
  if (2 * (used_ + 1) > slots_.size()) grow();
  const uint64_t key = key_of(left, right);
  Entry& entry = slots_[slot_of(key)];
  if (entry.key == kNoKey) {
    entry = {key, kNoRank, -1};
    ++used_;
  }
  return entry;
}

void PairTable::grow() {
  std::vector<Entry> old(2 * slots_.size());
  old.swap(slots_);
  for (const Entry& entry : old)
    if (entry.key != kNoKey) slots_[slot_of(entry.key)] = entry;
}

}  // namespace fp8bench
